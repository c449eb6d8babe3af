import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApiServer, type ApiServer } from '../api/server/create-server.ts';
import type { Services } from '../api/server/services.ts';
import { atMost } from '../base/at-most.ts';
import { GantryError, hasKind, messageOf } from '../base/errors.ts';
import { newId } from '../base/ids.ts';
import { nowNanos } from '../base/clock.ts';
import { KeyedLocks } from '../base/locks.ts';
import type { Log } from '../base/log.ts';
import { ContainerCatalog } from '../engine/containers/catalog.ts';
import { createCgroupControl } from '../engine/containers/cgroup-control.ts';
import { createContainerVerbs } from '../engine/containers/containers.ts';
import { isVolumeUsed, volumeUsers, type ContainerDeps } from '../engine/containers/deps.ts';
import { createHealthWatch } from '../engine/containers/health.ts';
import { imageNames } from '../engine/containers/image-names.ts';
import { createMountStaging } from '../engine/containers/mounts/staging.ts';
import { createRestartTimers } from '../engine/containers/restart-timers.ts';
import { createRootFilesystems } from '../engine/containers/rootfs.ts';
import { runtimeOf } from '../engine/containers/runtime-of.ts';
import { isAlive } from '../engine/containers/transition.ts';
import { cgroupPathOf } from '../engine/containers/cgroup-path.ts';
import { Waiters } from '../engine/containers/waiters.ts';
import { createEventBus } from '../engine/events/publish.ts';
import { createExecs } from '../engine/execs/execs.ts';
import { createFileVerbs } from '../engine/files/files.ts';
import { commitLayer } from '../engine/images/commit-layer.ts';
import type { ImageDeps } from '../engine/images/deps.ts';
import { createRegistryPort } from '../engine/images/registry-port.ts';
import { createImageVerbs } from '../engine/images/images.ts';
import { createNetworkAttachments } from '../engine/networks/create-network-attachments.ts';
import { followHostResolver } from '../engine/networks/follow-host-resolver.ts';
import { createNetworkDeps } from '../engine/networks/create-network-deps.ts';
import { createNetworkVerbs } from '../engine/networks/create-network-verbs.ts';
import { restoreNetworks } from '../engine/networks/restore.ts';
import { createSystemVerbs } from '../engine/system/system.ts';
import { LocalVolumes } from '../engine/volumes/local-volumes.ts';
import { VolumeMounts } from '../engine/volumes/volume-mounts.ts';
import { createVolumeVerbs } from '../engine/volumes/volumes.ts';
import { cgroupMounts } from '../host/cgroups.ts';
import { FileLock } from '../host/files-lock.ts';
import { createResolver } from '../network/dns/client.ts';
import { createNetworkBackend } from '../network/create-network-backend.ts';
import { createFileRepositories } from '../registry/server/storage/file-repositories.ts';
import { createRuntime } from '../runtime/driver/client.ts';
import { readLog } from '../runtime/logs/read-log.ts';
import { withCompiledSeccomp } from '../runtime/spec/compiled-seccomp.ts';
import { createExecProcess, createSpec } from '../runtime/spec/spec.ts';
import { readUsage } from '../runtime/stats/usage.ts';
import { recoverStore } from '../store/collect/collect.ts';
import { openContentStore } from '../store/content/directory.ts';
import { Leases } from '../store/leases/leases.ts';
import { openMetadata } from '../store/metadata/sqlite.ts';
import { ContainerLayers } from '../store/snapshots/container-layers.ts';
import { machineBootId } from '../host/boot-id.ts';
import { makeInitLayer } from '../store/snapshots/init-layer.ts';
import { instanceIdOf, type DaemonConfig } from './config.ts';
import { bytesOfLayers, engineFacts, exitListener, healthOf, liveContainerSettings, runPs, settingsOf, tellOfDefaults, usersOfImages } from './container-parts.ts';
import { readSeccompProfile } from './container-settings.ts';
import { chooseRuntime, findRuntimes } from './find-runtimes.ts';
import { readHostFacts } from './host-facts.ts';
import { exchangeSettings, exchangeablePort, reloadAttributes } from './live-settings.ts';
import { embeddedRegistryFolder, serveEmbeddedRegistry } from './registry/embedded.ts';
import { restore } from './restore.ts';
import { openSnapshots } from './snapshots.ts';
import { takeAwayInstance } from './take-away.ts';
import { version, versionParts } from './version.ts';

/** How long a clean end waits for starts and ends that are under way. */
const settlePatienceMs = 10_000;

/** An engine that works, without listeners. */
export interface Engine {
  services: Services;
  api: ApiServer;
  instanceId: string;
  /** Works by other settings from now on, as far as that goes. @returns the names of those that take a restart */
  reload(config: DaemonConfig): string[];
  /** Gives everything back that does not belong to running containers; these go on. */
  close(): Promise<void>;
}

/**
 * The only place that constructs things. Whatever is opened registers its end at once, so that a start which fails half-way leaves nothing.
 * @throws conflict when another daemon has the root
 */
export async function assemble(config: DaemonConfig, log: Log): Promise<Engine> {
  await using opened = new AsyncDisposableStack();
  makeFolders(config);
  let current = config;
  opened.use(lock(config.root));
  // Two roots with one run folder would share a monitor.
  opened.use(lock(config.run));
  const instanceId = instanceIdOf(config.root);
  const ownCgroup = `/gantry-${instanceId}`;
  const facts = readHostFacts({ runtimeName: chooseRuntime(config, findRuntimes(config)), initPath: config.initPath });
  const seccomp = readSeccompProfile(config.containers, facts);
  let live = liveContainerSettings(config, facts, seccomp);
  tellOfDefaults(config, live, log);
  const metadata = opened.adopt(openMetadata(join(config.root, 'gantry.db')), (each) => each.close());
  const leases = new Leases(metadata);
  const content = openContentStore(join(config.root, 'content'));
  const snapshots = opened.adopt(openSnapshots(config, log), (each) => each.close());
  const layers = opened.adopt(new ContainerLayers(join(config.root, 'containers')), (each) => each.settled());
  const events = createEventBus(nowNanos);
  const locks = new KeyedLocks();
  const catalog = new ContainerCatalog(metadata);
  const volumes = new LocalVolumes(metadata, join(config.root, 'volumes'));
  const runtime = opened.adopt(createRuntime({ runDirectory: config.run, log }), (each) => each.close());
  const backend = opened.adopt(createNetworkBackend({ instanceId, root: config.root, runDirectory: config.run, log }), (each) => each.close());
  const resolver = opened.adopt(createResolver({ runDirectory: config.run, log }), (each) => each.close());
  const networkDeps = createNetworkDeps({ instanceId, settings: config.network, metadata, backend, resolver, locks, log, events, containers: catalog, filesDirectory: (id) => join(config.root, 'containers', id) });
  const initLayer = makeInitLayer(join(config.root, 'init-layer'));
  const rootfs = createRootFilesystems({ layers, containersDirectory: join(config.root, 'containers'), mountsDirectory: join(config.run, 'mounts'), initLayer, snapshots });
  rootfs.open();
  const volumeMounts = new VolumeMounts({ find: (name) => volumes.get(name), pathOf: (name) => volumes.pathOf(name), isUsed: (name, except) => isVolumeUsed(catalog, name, except) });
  const staging = createMountStaging({ directory: join(config.run, 'mounts'), volumes: volumeMounts, rootfs, snapshots, workers: snapshots.workers, events });
  opened.defer(() => rootfs.close());
  // Looked at also while the registry is not served: what was pushed to it stays.
  const embeddedRegistryLinks = createFileRepositories(embeddedRegistryFolder(config.root));
  const registryPort = () => createRegistryPort({ ...current.registry, userAgent: `gantry/${version}`, log });
  const registry = exchangeablePort(registryPort());
  const imageDeps: ImageDeps = {
    metadata, content, snapshots, leases, events, log, ...usersOfImages(catalog),
    host: { os: 'linux', architecture: facts.architecture }, ...embeddedImage(),
    registry,
    usedDigests: () => embeddedRegistryLinks.digests(),
  };
  // Before anything new is made: what the last daemon had not recorded goes.
  await recoverStore(imageDeps, machineBootId());
  const images = createImageVerbs(imageDeps);
  const timers = opened.adopt(createRestartTimers(), (each) => each.close());
  const settings = settingsOf(config, ownCgroup, () => live);
  const networks = createNetworkAttachments(networkDeps);
  const execs = createExecs({ linkEnvironment: networks.environment, catalog, runtime, events, facts, settings, log, execProcess: createExecProcess });
  const cgroups = cgroupMounts();
  const health = opened.adopt(createHealthWatch(healthOf({ catalog, events, execs, runtime })), (each) => each.close());
  const deps: ContainerDeps = {
    catalog, metadata, locks, waiters: new Waiters(), restarts: timers, removals: new Set(), restarting: new Set(), runtime, rootfs,
    images: imageNames(images), networks, volumes, staging, events,
    cgroups: createCgroupControl(cgroups), readUsage: (target) => readUsage(cgroups, target), health, execs, spec: (input) => withCompiledSeccomp(createSpec(input)), readLog, facts, settings, log,
    runPs,
    imageBytes: (chainIds) => bytesOfLayers({ snapshots, metadata }, chainIds),
  };
  const restored = await restore({ containers: deps, execs, volumes, volumeMounts, networks: () => restoreNetworks(networkDeps) });
  opened.adopt(followHostResolver(networkDeps, log), (each) => each.close());
  const hearNoMore = runtime.onExit(exitListener(deps, execs));
  opened.defer(hearNoMore);
  const services: Services = {
    containers: createContainerVerbs(deps), execs, images, events, log,
    files: createFileVerbs({
      catalog, rootfs, locks, staging, layers, containersDirectory: join(config.root, 'containers'), initLayer, snapshots, events, cgroups: deps.cgroups, workers: snapshots.workers,
      cgroupPathOf: (record) => cgroupPathOf(deps, record), commitLayer: (tar, image) => commitLayer(imageDeps, tar, image),
    }),
    networks: createNetworkVerbs(networkDeps),
    volumes: createVolumeVerbs({ volumes, mounts: volumeMounts, workers: snapshots.workers, locks, events, usersOf: (name) => volumeUsers(catalog, name) }),
    system: createSystemVerbs({
      catalog, facts, settings, seccompProfile: config.containers.seccompProfile, loggingDriver: config.logDriver, id: engineId(metadata), root: config.root, 
      get labels() { return current.labels; }, get debug() { return current.logLevel === 'debug'; },
      countImages: () => metadata.table('images').all().length,
      storage: { name: 'overlay2', status: [['Backing Filesystem', 'extfs'], ['Layers', snapshots.kind]] },
      version: await versionParts(runtimeOf(settings, settings.defaultRuntime).path),
      eventListeners: () => events.listeners,
      get registries() { return { insecure: current.registry.insecureRegistries, mirrors: current.registry.mirrors['docker.io'] ?? [] }; },
    }),
    facts: engineFacts({ cgroupVersion: facts.cgroupVersion, throttlePaths: facts.throttlePaths ?? [], settings, layers }),
  };
  const api = createApiServer(services);
  if (config.embeddedRegistry !== undefined) opened.adopt(await serveEmbeddedRegistry(config.embeddedRegistry, { root: config.root, images: imageDeps, log }), (each) => each.close(2000));
  const closing = new AbortController();
  void restored.policies(closing.signal);
  const everything = opened.move();
  return {
    services, api, instanceId,
    reload: (read) => {
      const { settings: next, restart: left } = exchangeSettings(current, read);
      // Before anything is exchanged: a runtime that does not exist leaves all as it is.
      live = liveContainerSettings(next, facts, seccomp);
      current = next;
      registry.exchange(registryPort());
      events.publish({ type: 'daemon', action: 'reload', actor: { id: engineId(metadata), attributes: { name: hostname(), ...reloadAttributes(current, live) } } });
      return left;
    },
    close: async () => {
      // Nothing begins any more, and what has begun comes to its end: a start that is cut off would be undone while its process runs on.
      closing.abort();
      timers.close();
      hearNoMore();
      await atMost(settlePatienceMs, locks.idle());
      if (!catalog.all().some((record) => isAlive(record.state))) {
        await takeAwayInstance({ backend, cgroup: ownCgroup, log });
      }
      await everything.disposeAsync();
    },
  };
}

function lock(folder: string): FileLock {
  try {
    return FileLock.acquire(join(folder, 'daemon.lock'));
  } catch (cause) {
    if (!hasKind(cause, 'conflict')) throw cause;
    throw new GantryError('conflict', messageOf(cause), { cause, hint: 'Another daemon works there: end it, or give this one a --root, a --run and a --host of its own.' });
  }
}

function makeFolders({ root, run }: DaemonConfig): void {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  // Of the run folder only the socket is for others than root.
  mkdirSync(run, { recursive: true, mode: 0o711 });
  mkdirSync(join(run, 'containers'), { recursive: true, mode: 0o700 });
  // They may be older than this daemon, or made by somebody's hand.
  chmodSync(root, 0o700);
  chmodSync(run, 0o711);
}

/** The image that set-up made, beside the program. */
function embeddedImage(): { embeddedImage?: { reference: string; path: string } } {
  const places = ['./embedded-image.tar', '../../dist/embedded-image.tar'].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const path = places.find((place) => existsSync(place));
  return path === undefined ? {} : { embeddedImage: { reference: 'docker.io/gantry/busybox:latest', path } };
}

function engineId(metadata: ReturnType<typeof openMetadata>): string {
  const settings = metadata.table<string>('settings');
  const id = settings.get('engine-id') ?? newId();
  settings.insert('engine-id', id);
  return id;
}
