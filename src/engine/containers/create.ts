import { existsSync } from 'node:fs';
import { hostname as hostHostname } from 'node:os';
import { GantryError, isGantryError } from '../../base/errors.ts';
import { now } from '../../base/clock.ts';
import { newId, shortId } from '../../base/ids.ts';
import type { ContainerConfig, HostConfig } from '../../oci/container.ts';
import { sharedContainer } from '../../oci/namespace-mode.ts';
import { checkSecurity } from '../../runtime/spec/check-security.ts';
import { volumesLock } from '../volumes/local-volumes.ts';
import { canMakeTreesReadOnly } from '../../host/recursive-read-only.ts';
import { checkNetworkConflicts, checkRequest } from './check-request.ts';
import { checkResources } from './check-resources.ts';
import { generateContainerName, parseContainerName } from './container-name.ts';
import { defaultCgroupnsMode } from './defaults.ts';
import { limitFactsOf, type ContainerDeps } from './deps.ts';
import { logSettingsOf, withLogDefaults } from './log-settings.ts';
import { commandOf, mergeConfig } from './merge-config.ts';
import { makeMounts } from './mounts/make-mounts.ts';
import { planMounts } from './mounts/plan-mounts.ts';
import { populateNew } from './mounts/populated.ts';
import { platformWarnings } from './platform-warning.ts';
import { makeWorkingDirectory } from './prepare-rootfs.ts';
import { publishEvent } from './publish-event.ts';
import type { ContainerRecord } from './record.ts';
import { runtimeOf } from './runtime-of.ts';
import { trying } from './tried.ts';
import type { CreateRequest } from './verbs.ts';

/**
 * Makes a container that has not run yet. Everything is checked before anything is made; the record is written last, in one durable
 * transaction with its new volumes, and makes the container: directories without a record are swept at the next start.
 */
export async function create(deps: ContainerDeps, request: CreateRequest): Promise<{ id: string; warnings: string[] }> {
  const id = newId();
  const name = chooseName(deps, request.name);
  const image = deps.images.resolve(request.config.image ?? '', request.platform);
  checkNetworkConflicts(request.config, request.hostConfig);
  const config = mergeConfig(image.config, request.config);
  const { hostConfig, warnings } = settleHostConfig(deps, config, request.hostConfig);
  warnings.push(...platformWarnings(image.platform, { os: 'linux', architecture: deps.facts.architecture }, request.platform));
  const { path, args } = commandOf(config);
  const layers = image.layers.map((layer) => layer.chainId);
  config.hostname ||= defaultHostname(deps, id, hostConfig);
  const planned = planMounts({ config, hostConfig, exists: existsSync, recursiveReadOnly: canMakeTreesReadOnly(), mountsOf: (container) => named(() => deps.catalog.find(container).mounts) });
  const identity = { id, name, image: { id: image.id, reference: request.config.image ?? image.id }, config, path, args };
  const { path: logPath } = logSettingsOf(identity, `${deps.settings.containersDirectory}/${id}`, hostConfig.logConfig);
  const endpoints = config.networkDisabled ? {} : named(() => deps.networks.plan({
    containerId: id, containerName: name, hostname: config.hostname ?? '', domainname: config.domainname ?? '', hostConfig,
    exposedPorts: Object.keys(config.exposedPorts ?? {}), endpoints: request.endpoints,
    ...(config.macAddress ? { macAddress: config.macAddress } : {}),
  }));
  if (hostConfig.links?.length && endpoints['bridge'] !== undefined) hostConfig.links = deps.networks.linksById(hostConfig.links);
  const releaseName = deps.catalog.reserveName(name, id);
  try {
    // Before the lock that all creates share: the first use of a large image takes its time.
    await deps.images.unpack(image);
    await deps.locks.run(volumesLock, async () => {
      await using undo = new AsyncDisposableStack();
      const { mounts, volumes, images } = await makeMounts(deps, planned, undo);
      undo.defer(() => deps.rootfs.remove(id));
      await deps.rootfs.create(id);
      // An image brings its own; who copies files into a container before its start finds this one there.
      if (config.workingDir && config.workingDir !== image.config.workingDir) await makeItsWorkingDirectory(deps, id, { layers, path: config.workingDir });
      const record: ContainerRecord = {
        ...identity, createdAt: now(), hostConfig, ...(deps.settings.defaults.noNewPrivileges && { noNewPrivileges: true }),
        endpoints, mounts, layers, logPath, platform: image.platform.os,
        state: { status: 'created' }, restartCount: 0, stoppedByHand: false, removing: false,
      };
      deps.metadata.transaction(() => {
        // An image may have been removed while the directories were made.
        for (const used of [image.id, ...images]) deps.images.resolve(used);
        for (const volume of volumes) deps.volumes.commit(volume);
        deps.catalog.save(record, { durable: true });
      }, { durable: true });
      undo.move();
      for (const { isNew, volume } of volumes) {
        if (isNew) deps.events.publish({ type: 'volume', action: 'create', actor: { id: volume.name, attributes: { driver: volume.driver } } });
      }
      publishEvent(deps.events, record, 'create');
    });
  } finally {
    releaseName();
  }
  await deps.locks.run(id, () => populateNew(deps, id));
  return { id, warnings };
}

async function makeItsWorkingDirectory({ rootfs }: ContainerDeps, id: string, { layers, path }: { layers: ContainerRecord['layers']; path: string }): Promise<void> {
  await using root = await rootfs.mount(id, layers);
  makeWorkingDirectory(root.path, path);
}

/** Containers in the host's network or in another container's share the name that goes with it. */
function defaultHostname(deps: ContainerDeps, id: string, { networkMode = '' }: HostConfig): string {
  if (networkMode === 'host') return hostHostname();
  const other = sharedContainer(networkMode);
  return (other === undefined ? undefined : deps.catalog.get(other)?.config.hostname) ?? shortId(id);
}

function chooseName(deps: ContainerDeps, asked: string | undefined): string {
  if (asked) return parseContainerName(asked);
  for (let attempt = 0; ; attempt++) {
    const name = generateContainerName(attempt);
    if (!deps.catalog.isNameTaken(name)) return name;
  }
}

/** The host's half with defaults filled in and what the kernel cannot do left out. */
function settleHostConfig(deps: ContainerDeps, config: ContainerConfig, asked: HostConfig): { hostConfig: HostConfig; warnings: string[] } {
  const warnings = checkRequest(config, asked);
  checkSecurity(asked, deps.facts);
  const checked = checkResources(asked, limitFactsOf(deps.facts), { update: false });
  const hostConfig: HostConfig = { ...checked.resources };
  hostConfig.securityOpt = securityOptions(asked);
  hostConfig.networkMode = asked.networkMode && asked.networkMode !== 'default' ? asked.networkMode : 'bridge';
  hostConfig.networkMode = trying('joining network namespace of container', () => withContainerId(deps, hostConfig.networkMode ?? ''));
  if (asked.pidMode) hostConfig.pidMode = withContainerId(deps, asked.pidMode);
  hostConfig.logConfig = withLogDefaults(asked.logConfig, deps.settings.defaultLogDriver);
  hostConfig.restartPolicy = { name: asked.restartPolicy?.name || 'no', maximumRetryCount: asked.restartPolicy?.maximumRetryCount ?? 0 };
  hostConfig.runtime = asked.runtime || deps.settings.defaultRuntime;
  hostConfig.ipcMode = withContainerId(deps, asked.ipcMode || deps.settings.defaults.ipcMode);
  if (asked.init === undefined || asked.init === null) hostConfig.init = deps.settings.init ? true : undefined;
  hostConfig.cgroupnsMode = asked.cgroupnsMode || defaultCgroupnsMode(asked.privileged === true, deps.facts.cgroupVersion, deps.settings.defaults);
  hostConfig.shmSize = asked.shmSize || deps.settings.defaults.shmBytes;
  if ((hostConfig.memory ?? 0) > 0 && !hostConfig.memorySwap) hostConfig.memorySwap = (hostConfig.memory ?? 0) * 2;
  runtimeOf(deps.settings, hostConfig.runtime);
  return { hostConfig, warnings: [...checked.warnings, ...warnings] };
}

/** Who shares the host's processes or IPC cannot be confined by labels: Docker writes that down, and clients compare it. */
function securityOptions({ securityOpt, privileged, ipcMode, pidMode }: HostConfig): string[] | undefined {
  const unconfined = privileged === true || ipcMode === 'host' || pidMode === 'host';
  if (!unconfined || securityOpt?.some((option) => /^label(=|:|$)/.test(option))) return securityOpt;
  return [...securityOpt ?? [], 'label=disable'];
}

/** `container:<name>` with the id in place of the name, which may change. @throws invalid */
function withContainerId(deps: ContainerDeps, mode: string): string {
  const other = sharedContainer(mode);
  return other === undefined ? mode : named(() => `container:${deps.catalog.find(other).id}`);
}

/** What else than its image a create names, and is not there, is `invalid`: a client takes notFound for a missing image, pulls it, and asks again. */
function named<T>(look: () => T): T {
  try {
    return look();
  } catch (cause) {
    if (isGantryError(cause) && cause.kind === 'notFound') throw new GantryError('invalid', cause.message, { cause });
    throw cause;
  }
}
