import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApiServer, type ApiServer } from '../api/server/create-server.ts';
import type { Services } from '../api/server/services.ts';
import { GantryError } from '../base/errors.ts';
import { newId } from '../base/ids.ts';
import { nowNanos } from '../base/clock.ts';
import { KeyedLocks } from '../base/locks.ts';
import type { Log } from '../base/log.ts';
import { ContainerCatalog } from '../engine/containers/catalog.ts';
import { createCgroupControl } from '../engine/containers/cgroup-control.ts';
import { createContainerVerbs } from '../engine/containers/containers.ts';
import { volumeUsers, type ContainerDeps } from '../engine/containers/deps.ts';
import { createHealthWatch } from '../engine/containers/health.ts';
import { imageNames } from '../engine/containers/image-names.ts';
import { onExit } from '../engine/containers/on-exit.ts';
import { publishEvent } from '../engine/containers/publish-event.ts';
import { createRestartTimers } from '../engine/containers/restart-timers.ts';
import { createRootFilesystems } from '../engine/containers/rootfs.ts';
import { isAlive } from '../engine/containers/transition.ts';
import { cgroupPathOf } from '../engine/containers/cgroup-path.ts';
import { Waiters } from '../engine/containers/waiters.ts';
import { createEventBus } from '../engine/events/publish.ts';
import { createExecs } from '../engine/execs/execs.ts';
import { runProbe } from '../engine/execs/run-probe.ts';
import { createFileVerbs } from '../engine/files/files.ts';
import { commitLayer } from '../engine/images/commit-layer.ts';
import type { ImageDeps } from '../engine/images/deps.ts';
import { createImageVerbs } from '../engine/images/images.ts';
import { createNetworkAttachments } from '../engine/networks/create-network-attachments.ts';
import { createNetworkDeps } from '../engine/networks/create-network-deps.ts';
import { createNetworkVerbs } from '../engine/networks/create-network-verbs.ts';
import { restoreNetworks } from '../engine/networks/restore.ts';
import { createSystemVerbs } from '../engine/system/system.ts';
import { LocalVolumes } from '../engine/volumes/local-volumes.ts';
import { createVolumeVerbs } from '../engine/volumes/volumes.ts';
import { cgroupMounts } from '../host/cgroups.ts';
import { FileLock } from '../host/files-lock.ts';
import { runProgram } from '../host/run-program.ts';
import { createResolver } from '../network/dns/client.ts';
import { createNetworkBackend } from '../network/create-network-backend.ts';
import { createRuntime } from '../runtime/driver/client.ts';
import { readLog } from '../runtime/logs/read-log.ts';
import { withCompiledSeccomp } from '../runtime/spec/compiled-seccomp.ts';
import { createExecProcess, createSpec } from '../runtime/spec/spec.ts';
import { openContentStore } from '../store/content/directory.ts';
import { Leases } from '../store/leases/leases.ts';
import { openMetadata } from '../store/metadata/sqlite.ts';
import { ContainerLayers } from '../store/snapshots/container-layers.ts';
import { makeInitLayer } from '../store/snapshots/init-layer.ts';
import { instanceIdOf, type DaemonConfig } from './config.ts';
import { findProgram, readHostFacts } from './host-facts.ts';
import { restore } from './restore.ts';
import { openSnapshots } from './snapshots.ts';
import { takeAwayInstance } from './take-away.ts';
import { version, versionParts } from './version.ts';

/** An engine that works, without listeners. */
export interface Engine {
  services: Services;
  api: ApiServer;
  instanceId: string;
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
  const lock = opened.use(FileLock.acquire(join(config.root, 'daemon.lock')));
  // Two roots with one run folder would share a monitor.
  const runLock = opened.use(FileLock.acquire(join(config.run, 'daemon.lock')));
  void lock;
  void runLock;
  const instanceId = instanceIdOf(config.root);
  const cgroupParent = `/gantry-${instanceId}`;
  const runtimes = findRuntimes(config);
  const defaultRuntime = chooseRuntime(config, runtimes);
  const facts = readHostFacts({ runtimeName: defaultRuntime, initPath: config.initPath });
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
  const backend = opened.adopt(createNetworkBackend({ instanceId, runDirectory: config.run, log }), (each) => each.close());
  const resolver = opened.adopt(createResolver({ runDirectory: config.run, log }), (each) => each.close());
  const networkDeps = createNetworkDeps({ instanceId, metadata, backend, resolver, locks, events, containers: catalog });
  const initLayer = makeInitLayer(join(config.root, 'init-layer'));
  const rootfs = createRootFilesystems({ layers, containersDirectory: join(config.root, 'containers'), mountsDirectory: join(config.run, 'mounts'), initLayer, snapshots });
  rootfs.open();
  opened.defer(() => rootfs.close());
  const imageDeps: ImageDeps = {
    metadata, content, snapshots, leases, events, log,
    usedChainIds: () => catalog.all().flatMap((record) => record.layers),
    imageUsers: (id) => catalog.all().filter((record) => record.image.id === id).map((record) => ({ containerId: record.id, running: isAlive(record.state) })),
    host: { os: 'linux', architecture: facts.architecture },
    ...embeddedImage(),
  };
  const images = createImageVerbs(imageDeps);
  const timers = opened.adopt(createRestartTimers(), (each) => each.close());
  const settings: ContainerDeps['settings'] = {
    containersDirectory: join(config.root, 'containers'),
    bundlesDirectory: join(config.run, 'containers'),
    cgroupParent, defaultRuntime, runtimes,
    stopTimeoutSeconds: config.stopTimeoutSeconds,
    defaultLogDriver: { type: config.logDriver, config: config.logOptions },
    init: config.init,
  };
  const execs = createExecs({ catalog, runtime, events, facts, settings, log, execProcess: createExecProcess });
  const health = opened.adopt(createHealthWatch({
    target: (id) => {
      const record = catalog.get(id);
      if (record?.state.status === 'paused') return 'paused';
      return record?.state.status === 'running' ? { check: record.config.healthcheck, shell: record.config.shell ?? [], startedAtMs: Date.parse(record.state.startedAt) } : undefined;
    },
    probe: (id, command, timeoutMs) => runProbe({ execs, runtime }, { containerId: id, command, timeoutMs }),
    changed: (id, state) => {
      const record = catalog.get(id);
      if (record !== undefined) publishEvent(events, record, `health_status: ${state.status}`);
    },
  }), (each) => each.close());
  const deps: ContainerDeps = {
    catalog, metadata, locks, waiters: new Waiters(), restarts: timers, removals: new Set(), restarting: new Set(), runtime, rootfs,
    images: imageNames(images), networks: createNetworkAttachments(networkDeps), volumes, events,
    cgroups: createCgroupControl(cgroupMounts()), health, execs, spec: (input) => withCompiledSeccomp(createSpec(input)), readLog, facts, settings, log,
    runPs: async (args) => {
      const result = await runProgram('/bin/ps', [...args]);
      if (result.exitCode !== 0) throw new GantryError('internal', result.stderr.trim());
      return result.stdout;
    },
    imageBytes: async (chainIds) => {
      const sizes = await Promise.all(chainIds.map((chainId) => snapshots.usage(chainId)));
      return sizes.reduce((sum, size) => sum + size, 0);
    },
  };
  const restored = await restore({ containers: deps, execs, volumes, networks: () => restoreNetworks(networkDeps) });
  const reported = (error: unknown): void => log.error('an exit could not be handled', { error: error instanceof Error ? error.stack : String(error) });
  opened.defer(runtime.onExit((exit) => {
    (exit.execId === undefined ? onExit(deps, exit) : execs.exited(exit)).catch(reported);
  }));
  const services: Services = {
    containers: createContainerVerbs(deps), execs, images, events, log,
    files: createFileVerbs({
      catalog, rootfs, layers, initLayer, snapshots, events, cgroups: deps.cgroups, workers: snapshots.workers,
      cgroupPathOf: (record) => cgroupPathOf(deps, record), commitLayer: (tar, image) => commitLayer(imageDeps, tar, image),
    }),
    networks: createNetworkVerbs(networkDeps),
    volumes: createVolumeVerbs({ volumes, locks, events, usersOf: (name) => volumeUsers(catalog, name) }),
    system: createSystemVerbs({
      catalog, facts, runtimes, defaultRuntime, id: engineId(metadata), root: config.root, labels: config.labels, debug: config.logLevel === 'debug',
      countImages: () => metadata.table('images').all().length,
      storage: { name: 'overlay2', status: [['Backing Filesystem', 'extfs'], ['Layers', snapshots.kind]] },
      version: await versionParts(runtimes[defaultRuntime]?.path ?? defaultRuntime),
      eventListeners: () => events.listeners,
    }),
    facts: {
      version, storageDriver: 'overlay2', defaultRuntime, cgroupVersion: facts.cgroupVersion,
      defaultCgroupnsMode: facts.cgroupVersion === 2 ? 'private' : 'host',
      containerDirectory: (id) => join(settings.containersDirectory, id),
      layerDirectories: (id) => ({ lower: [], ...layers.paths(id) }),
    },
  };
  const api = createApiServer(services);
  void restored.policies();
  const everything = opened.move();
  return {
    services, api, instanceId,
    close: async () => {
      if (!catalog.all().some((record) => isAlive(record.state))) {
        await takeAwayInstance({ backend, cgroupParent, log });
      }
      await everything.disposeAsync();
    },
  };
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

function findRuntimes(config: DaemonConfig): Record<string, { path: string }> {
  const found = ['crun', 'runc'].flatMap((name) => {
    const path = findProgram(name);
    return path === undefined ? [] : [[name, { path }] as const];
  });
  const added = Object.entries(config.runtimes).map(([name, text]) => {
    const path = findProgram(text);
    if (path === undefined) throw new GantryError('invalid', `the runtime ${name} is not at ${text}`);
    return [name, { path }] as const;
  });
  return Object.fromEntries([...found, ...added]);
}

/** crun starts a container three times as fast as runc. */
function chooseRuntime(config: DaemonConfig, runtimes: Record<string, { path: string }>): string {
  const name = config.defaultRuntime ?? Object.keys(runtimes)[0];
  if (name === undefined) throw new GantryError('unavailable', 'there is no OCI runtime on this host', { hint: 'Install crun or runc, or run gantry setup.' });
  if (runtimes[name] === undefined) throw new GantryError('invalid', `the default runtime ${name} is neither installed nor given by --add-runtime`);
  return name;
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
