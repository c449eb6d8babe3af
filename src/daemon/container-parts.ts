import { join } from 'node:path';
import type { EngineFacts } from '../api/server/services.ts';
import { GantryError, hasKind } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { ContainerCatalog } from '../engine/containers/catalog.ts';
import type { ContainerDeps } from '../engine/containers/deps.ts';
import type { HealthWatchOptions } from '../engine/containers/health.ts';
import { checkLogDefaults } from '../engine/containers/log-settings.ts';
import { onExit } from '../engine/containers/on-exit.ts';
import { publishEvent } from '../engine/containers/publish-event.ts';
import { isAlive } from '../engine/containers/transition.ts';
import { usedImages, usedLayers } from '../engine/containers/used-images.ts';
import type { EventBus } from '../engine/events/bus.ts';
import type { Execs } from '../engine/execs/execs.ts';
import { runProbe } from '../engine/execs/run-probe.ts';
import type { ImageDeps } from '../engine/images/deps.ts';
import { runProgram } from '../host/run-program.ts';
import type { ExitReport, Runtime } from '../runtime/driver/runtime.ts';
import type { HostFacts } from '../runtime/spec/spec-input.ts';
import type { Metadata } from '../store/metadata/metadata.ts';
import type { LayerRecord } from '../store/records.ts';
import type { ContainerLayers } from '../store/snapshots/container-layers.ts';
import type { Snapshotter } from '../store/snapshots/snapshotter.ts';
import type { Digest } from '../store/content/content.ts';
import type { DaemonConfig } from './config.ts';
import { possibleUlimits } from './container-settings.ts';
import { chooseRuntime, findRuntimes, missingRuntimes } from './find-runtimes.ts';
import { version } from './version.ts';

/** What SIGHUP exchanges of the settings of containers. */
export type LiveContainerSettings = Pick<ContainerDeps['settings'], 'defaultRuntime' | 'runtimes' | 'defaults'>;

/** @param seccomp the profile as it was at the start: it is not read again. @throws invalid for a default runtime that is not there */
export function liveContainerSettings(config: DaemonConfig, facts: HostFacts, seccomp: string | undefined): LiveContainerSettings {
  const runtimes = findRuntimes(config);
  const { cgroupnsMode, ulimits, seccompProfile: _, ...others } = config.containers;
  return {
    runtimes,
    defaultRuntime: chooseRuntime(config, runtimes),
    defaults: {
      ...others, seccomp, ulimits: possibleUlimits(ulimits, facts),
      cgroupnsMode: cgroupnsMode ?? (facts.cgroupVersion === 2 ? 'private' : 'host'),
    },
  };
}

/** @throws invalid for a log driver or an option of it that there is not */
export function settingsOf(config: DaemonConfig, ownCgroup: string, live: () => LiveContainerSettings): ContainerDeps['settings'] {
  const defaultLogDriver = { type: config.logDriver, config: config.logOptions };
  // Refused now, and not at the first container.
  checkLogDefaults(defaultLogDriver);
  return {
    get defaultRuntime() { return live().defaultRuntime; },
    get runtimes() { return live().runtimes; },
    get defaults() { return live().defaults; },
    ownCgroup,
    containersDirectory: join(config.root, 'containers'),
    bundlesDirectory: join(config.run, 'containers'),
    stopTimeoutSeconds: config.stopTimeoutSeconds,
    defaultLogDriver,
    init: config.init,
  };
}

/** What the settings want and the host has not, told once. */
export function tellOfDefaults(config: DaemonConfig, { runtimes, defaults }: LiveContainerSettings, log: Log): void {
  for (const name of missingRuntimes(runtimes)) log.warn('an OCI runtime of the settings is not there', { runtime: name, path: runtimes[name]!.path });
  for (const [index, { name, hard }] of defaults.ulimits.entries()) {
    const asked = config.containers.ulimits[index];
    if (hard !== asked?.hard) log.warn('a default limit is more than this host can give', { ulimit: name, asked: asked?.hard, given: hard });
  }
}

/** How health checks reach containers, and what their changes are told to. */
export function healthOf({ catalog, events, execs, runtime }: { catalog: ContainerCatalog; events: EventBus; execs: Execs; runtime: Runtime }): HealthWatchOptions {
  return {
    target: (id) => {
      const record = catalog.get(id);
      if (record?.state.status === 'paused') return 'paused';
      if (record?.state.status !== 'running') return undefined;
      return { check: record.config.healthcheck, shell: record.config.shell ?? [], startedAtMs: Date.parse(record.state.startedAt) };
    },
    probe: (id, command, timeoutMs) => runProbe({ execs, runtime }, { containerId: id, command, timeoutMs }),
    changed: (id, state) => {
      const record = catalog.get(id);
      if (record !== undefined) publishEvent(events, record, `health_status: ${state.status}`);
    },
  };
}

/** What containers keep images and layers from being removed. */
export function usersOfImages(catalog: ContainerCatalog): Pick<ImageDeps, 'usedChainIds' | 'imageUsers' | 'imageUseCounts'> {
  return {
    usedChainIds: () => catalog.all().flatMap(usedLayers),
    imageUsers: (id) => catalog.all().filter((record) => usedImages(record).includes(id)).map((record) => ({ containerId: record.id, running: isAlive(record.state) })),
    imageUseCounts: () => {
      const counts = new Map<Digest, number>();
      for (const id of catalog.all().flatMap(usedImages)) counts.set(id, (counts.get(id) ?? 0) + 1);
      return counts;
    },
  };
}

export async function runPs(args: readonly string[]): Promise<string> {
  const result = await runProgram('/bin/ps', [...args]);
  if (result.exitCode !== 0) throw new GantryError('internal', result.stderr.trim() || `exit status ${result.exitCode}`);
  return result.stdout;
}

/** As their images count them, whatever they take on the disk. A layer that was removed meanwhile, with its container, weighs nothing. */
export async function bytesOfLayers({ snapshots, metadata }: { snapshots: Pick<Snapshotter, 'usage'>; metadata: Metadata }, chainIds: readonly Digest[]): Promise<number> {
  const layers = metadata.table<LayerRecord>('layers');
  const sizes = await Promise.all(chainIds.map((chainId) => layers.get(chainId)?.unpackedBytes ?? snapshots.usage(chainId).catch((error: unknown) => {
    if (hasKind(error, 'notFound')) return 0;
    throw error;
  })));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Exits have no caller who could be told of an error: the log is. */
export function exitListener(deps: ContainerDeps, execs: Pick<Execs, 'exited'>): (exit: ExitReport) => void {
  return (exit) => {
    (exit.execId === undefined ? onExit(deps, exit) : execs.exited(exit)).catch((error: unknown) => {
      deps.log.error('an exit could not be handled', { container: exit.id, error: error instanceof Error ? error.stack : String(error) });
    });
  };
}

export function engineFacts(parts: { cgroupVersion: 1 | 2; throttlePaths: readonly string[]; settings: ContainerDeps['settings']; layers: ContainerLayers }): EngineFacts {
  return {
    version,
    storageDriver: 'overlay2',
    get defaultRuntime() { return parts.settings.defaultRuntime; },
    cgroupVersion: parts.cgroupVersion,
    throttlePaths: parts.throttlePaths,
    get defaultCgroupnsMode() { return parts.settings.defaults.cgroupnsMode; },
    containerDirectory: (id) => join(parts.settings.containersDirectory, id),
    layerDirectories: (id) => ({ lower: [], ...parts.layers.paths(id) }),
  };
}
