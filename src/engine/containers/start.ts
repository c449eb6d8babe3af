import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError, messageOf } from '../../base/errors.ts';
import { now } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import { sharedContainer } from '../../oci/namespace-mode.ts';
import { withRoomForRuntime } from '../../runtime/spec/room-for-runtime.ts';
import type { ResolvedMount } from '../../runtime/spec/spec-input.ts';
import { nextCgroupPath } from './cgroup-path.ts';
import { removeBundle } from './bundle.ts';
import type { ContainerDeps } from './deps.ts';
import { withDevices } from './device-facts.ts';
import { generatedFilesDirectory, generatedFilesOwner, generatedMounts } from './generated-files.ts';
import { logSettingsOf } from './log-settings.ts';
import { checkRootfs, makeBindSources, makeWorkingDirectory, userOf } from './prepare-rootfs.ts';
import { checkPlaces } from './mounts/check-places.ts';
import { checkPropagation } from './mounts/check-propagation.ts';
import { makePlaces } from './mounts/make-places.ts';
import { populated } from './mounts/populated.ts';
import { publishEvent } from './publish-event.ts';
import type { ContainerRecord, ContainerState, EndpointRecord, StartableState } from './record.ts';
import { removeLocked } from './remove.ts';
import { concernsBoot } from './restart-policy.ts';
import { runtimeOf } from './runtime-of.ts';
import { ipcNamespace, networkNamespaceOf, pidNamespace } from './shared-namespaces.ts';
import { SIGKILL } from './signals.ts';
import { specInputOf, type StartedParts } from './spec-input-of.ts';
import { networkingFailed, saysItAlready, startFailure } from './start-failure.ts';
import { transition } from './transition.ts';
import { tried } from './tried.ts';

/**
 * Starts a container by hand: its count of restarts begins again. It has the container from the moment of asking, also while it waits for
 * its turn: a stop that comes after it finds a container that runs. @throws notModified when it runs already.
 */
export async function start(deps: ContainerDeps, container: string, turn?: () => Promise<void>): Promise<void> {
  const { id } = deps.catalog.find(container);
  await deps.locks.run(id, async () => {
    await turn?.();
    if (deps.removals.has(id)) throw new GantryError('conflict', 'container is marked for removal and cannot be started');
    // Its policy starts it in a moment: to Docker it runs.
    if (deps.catalog.current(id).state.status === 'restarting') throw new GantryError('notModified', 'container is already running');
    await startLocked(deps, id, { byHand: true });
  });
}

/** Under the container's lock. What a failed start has made is undone; the record keeps the reason. */
export async function startLocked(deps: ContainerDeps, id: string, { byHand }: { byHand: boolean }): Promise<void> {
  const before = deps.catalog.current(id);
  transition(before, 'start');
  if (byHand) deps.restarts.forget(id);
  // The intent: a daemon that finds it at its start asks the monitor what became of it.
  const starting = deps.catalog.save({ ...before, cgroupPath: nextCgroupPath(deps, before), state: { status: 'starting', from: before.state as StartableState }, stoppedByHand: false, restartCount: byHand ? 0 : before.restartCount }, { durable: false });
  let running: ContainerRecord;
  try {
    running = await launch(deps, starting);
  } catch (cause) {
    throw await fail(deps, { starting, before, cause });
  }
  try {
    deps.catalog.save(running, { durable: concernsBoot(running.hostConfig.restartPolicy) });
  } catch (error) {
    // Nothing may run that the records do not know: its exit is handled as that of a start.
    await deps.runtime.signal({ id }, SIGKILL);
    throw error;
  }
  publishEvent(deps.events, running, 'start');
  deps.health.begin(id);
}

/** Mounts, network, spec, process. Each step registers its undo before the next begins. */
async function launch(deps: ContainerDeps, record: ContainerRecord): Promise<ContainerRecord> {
  const runtime = runtimeOf(deps.settings, record.hostConfig.runtime || deps.settings.defaultRuntime);
  await using undo = new AsyncDisposableStack();
  const bundle = join(deps.settings.bundlesDirectory, record.id);
  mkdirSync(bundle, { recursive: true, mode: 0o700 });
  undo.defer(() => removeBundle(bundle));
  // The mount is only for the runtime to take: whether the start works or not, the host's table is as before afterwards.
  await using mounting = new AsyncDisposableStack();
  const [root, network] = await bothOf(
    async () => mounting.use(await deps.rootfs.mount(record.id, record.layers)),
    () => joinNetwork(deps, record, undo),
  );
  checkRootfs(root.path);
  makeBindSources(record);
  checkPropagation(record.mounts);
  // A create that was cut off may have left it undone.
  if (record.mounts.some(({ copyUp }) => copyUp)) await deps.staging.populate(record);
  undo.defer(() => deps.staging.ended(record));
  const mounts = await deps.staging.stage(record, mounting);
  makeWorkingDirectory(root.path, record.config.workingDir ?? '');
  const connected: ContainerRecord = { ...record, endpoints: network.endpoints };
  const generated = generatedFiles(deps, connected, bundle);
  checkPlaces(root.path, [...generated, ...mounts]);
  const placed = makePlaces(root.path, [...mounts, ...generated]);
  const parts: StartedParts = {
    rootfs: root.path,
    user: userOf(root.path, record.config.user ?? '', record.hostConfig.groupAdd ?? []),
    networkNamespace: network.namespace,
    pidNamespace: pidNamespace(deps, record),
    ipcNamespace: ipcNamespace(deps, record, bundle),
    generated: placed.slice(mounts.length),
    mounts: placed.slice(0, mounts.length),
    cgroupPath: record.cgroupPath ?? nextCgroupPath(deps, record),
    facts: withDevices(deps.facts, record.hostConfig),
    defaults: deps.settings.defaults,
  };
  const { spec, openFiles } = withRoomForRuntime(deps.spec(specInputOf(withLinks(deps, connected), parts)), runtime.path);
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec), { mode: 0o600 });
  const { pid } = await deps.runtime.start({
    id: record.id,
    bundle,
    program: record.path,
    tty: record.config.tty ?? false,
    openStdin: record.config.openStdin ?? false,
    stdinOnce: record.config.stdinOnce ?? false,
    log: logSettingsOf(record, join(deps.settings.containersDirectory, record.id), record.hostConfig.logConfig),
    runtime: runtime.path,
    ...(runtime.args !== undefined && { runtimeArgs: runtime.args }),
    ...(openFiles !== undefined && { openFiles }),
    ...(record.hostConfig.consoleSize?.some((side) => side > 0) ? { consoleSize: record.hostConfig.consoleSize } : {}),
    cgroupPath: parts.cgroupPath,
  });
  undo.move();
  deps.staging.taken(record);
  deps.networks.report(connected, 'connect');
  return { ...connected, mounts: populated(record.mounts), state: { status: 'running', pid, startedAt: now(), ...lastEnd(record.state) } };
}

function lastEnd(state: ContainerState): { finishedAt?: string } {
  const { finishedAt = '' } = state.status === 'starting' && state.from !== undefined && state.from.status !== 'created' ? state.from : {};
  return finishedAt === '' ? {} : { finishedAt };
}

/** Both at once; waits for the slower one even when the other fails, so that its undo is known. */
async function bothOf<A, B>(first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first(), second()]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}

/** Links of old tell about the other container by environment. */
function withLinks(deps: ContainerDeps, record: ContainerRecord): ContainerRecord {
  if (!record.hostConfig.links?.length) return record;
  return { ...record, config: { ...record.config, env: [...deps.networks.environment(record), ...(record.config.env ?? [])] } };
}

interface JoinedNetwork { namespace: string | 'host'; endpoints: Record<string, EndpointRecord> }

async function joinNetwork(deps: ContainerDeps, record: ContainerRecord, undo: AsyncDisposableStack): Promise<JoinedNetwork> {
  const mode = record.hostConfig.networkMode ?? '';
  if (mode === 'host') return { namespace: 'host', endpoints: withIds(record.endpoints) };
  const other = sharedContainer(mode);
  if (other !== undefined) return { namespace: networkNamespaceOf(deps, record, other), endpoints: record.endpoints };
  let joined = record;
  undo.defer(async () => { await deps.networks.detach(joined); });
  const { namespace, endpoints } = await connect(deps, record).catch((cause: unknown) => { throw tried(networkingFailed, cause); });
  joined = { ...record, endpoints };
  // Known from here on, so that detach gives back what attach took, whoever calls it.
  deps.catalog.save(joined, { durable: false });
  return { namespace, endpoints };
}

async function connect(deps: ContainerDeps, record: ContainerRecord): Promise<JoinedNetwork> {
  const namespace = await deps.networks.sandbox(record.id);
  return { namespace, endpoints: await deps.networks.attach(record, namespace) };
}

/** The host's network needs no endpoint; clients see an id all the same. */
function withIds(endpoints: Record<string, EndpointRecord>): Record<string, EndpointRecord> {
  return Object.fromEntries(Object.entries(endpoints).map(([name, endpoint]) => [name, { ...endpoint, endpointId: newId() }]));
}

function generatedFiles(deps: ContainerDeps, record: ContainerRecord, bundle: string): ResolvedMount[] {
  const directory = generatedFilesDirectory(deps.settings.containersDirectory, record);
  if (generatedFilesOwner(record) === record.id) {
    const { hosts, hostname, resolvConf } = deps.networks.files(record);
    for (const [name, text] of Object.entries({ hosts, hostname, 'resolv.conf': resolvConf })) writeFileSync(join(directory, name), text, { mode: 0o644 });
  }
  const mounts = generatedMounts(directory, record);
  // crun 1.8 does not take a mount's own flags over at this place.
  const options = ['nosuid', 'noexec', 'nodev'];
  if (record.hostConfig.ipcMode === 'shareable') mounts.push({ ...mounts[0]!, target: '/dev/shm', source: join(bundle, 'shm'), readOnly: false, options });
  return mounts;
}

/** Records why a start failed, and removes a container that was to be removed after its run. It has not run: its times stay. */
async function fail(deps: ContainerDeps, { starting, before, cause }: { starting: ContainerRecord; before: ContainerRecord; cause: unknown }): Promise<GantryError> {
  const failure = startFailure(cause, starting.path);
  const last = before.state.status === 'exited' || before.state.status === 'restarting' ? before.state : { startedAt: '', finishedAt: '', exitCode: 0 };
  const { startedAt, finishedAt } = last;
  const { error } = failure;
  // What went wrong before the OCI runtime was asked does not hide how the last run ended.
  const exitCode = saysItAlready(cause) && last.exitCode !== 0 ? last.exitCode : failure.exitCode;
  const failed: ContainerRecord = {
    ...deps.catalog.current(starting.id),
    state: { status: 'exited', startedAt, finishedAt, exitCode, oomKilled: false, error: error.message },
  };
  const unwritten = deps.catalog.learn(failed, { durable: false });
  if (unwritten !== undefined) deps.log.error('the failure of a start could not be written down', { container: starting.id, error: messageOf(unwritten) });
  deps.log.debug('start failed', { container: starting.id, error: messageOf(cause) });
  // It never ran, so it has not exited: only those who wait for the end of its restarts have what they wait for. The caller of `start` gets the error.
  if (before.state.status === 'restarting') deps.waiters.exited(starting.id, { exitCode, error: error.message });
  if (failed.hostConfig.autoRemove) await removeLocked(deps, failed, { volumes: true });
  return error;
}
