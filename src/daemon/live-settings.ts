import { isDeepStrictEqual } from 'node:util';
import type { RegistryPort } from '../engine/images/registry-port.ts';
import type { DaemonConfig } from './config.ts';
import type { LiveContainerSettings } from './container-parts.ts';

/** What SIGHUP exchanges in a daemon that runs: the settings by which it answers, and not those by which it was built. */
const live: (keyof DaemonConfig)[] = ['logLevel', 'labels', 'defaultRuntime', 'runtimes', 'shutdownTimeoutSeconds'];
const liveOfContainers: (keyof DaemonConfig['containers'])[] = ['shmBytes', 'ipcMode', 'cgroupnsMode'];
const liveOfRegistry: (keyof DaemonConfig['registry'])[] = ['mirrors', 'insecureRegistries', 'certificateFolders', 'proxyEnvironment', 'attempts', 'maxDownloads', 'maxUploads'];

/** The settings after a SIGHUP, and the names of those that have changed and take a restart: they stay as they were. */
export function exchangeSettings(running: DaemonConfig, read: DaemonConfig): { settings: DaemonConfig; restart: string[] } {
  const top = taken(running, read, [...live, 'registry', 'containers']);
  const registry = taken(running.registry, read.registry, liveOfRegistry);
  const containers = taken(running.containers, read.containers, liveOfContainers);
  return {
    settings: { ...top.result, registry: registry.result, containers: containers.result },
    restart: [...top.left, ...registry.left.map((key) => `registry.${key}`), ...containers.left.map((key) => `containers.${key}`)],
  };
}

function taken<T extends object>(running: T, read: T, keys: (keyof T)[]): { result: T; left: string[] } {
  const result = { ...running, ...Object.fromEntries(keys.map((key) => [key, read[key]])) };
  return { result, left: Object.keys(read).filter((key) => !isDeepStrictEqual(result[key as keyof T], read[key as keyof T])) };
}

/** In the attributes of docker's event `daemon reload`. */
export function reloadAttributes({ logLevel, labels, registry, runtimes, containers, shutdownTimeoutSeconds }: DaemonConfig, live: LiveContainerSettings): Record<string, string> {
  return {
    'default-runtime': live.defaultRuntime, runtimes: Object.entries(runtimes).map(([name, { path }]) => `${name}:${path}`).join(' '),
    'default-shm-size': String(containers.shmBytes), 'default-ipc-mode': containers.ipcMode, 'default-cgroupns-mode': live.defaults.cgroupnsMode,
    'shutdown-timeout': String(shutdownTimeoutSeconds === Infinity ? -1 : shutdownTimeoutSeconds), 'live-restore': 'true', features: 'map[]',
    debug: String(logLevel === 'debug'), labels: JSON.stringify(labels),
    'insecure-registries': JSON.stringify(registry.insecureRegistries), 'registry-mirrors': JSON.stringify(registry.mirrors['docker.io'] ?? []),
    'max-concurrent-downloads': String(registry.maxDownloads), 'max-concurrent-uploads': String(registry.maxUploads), 'max-download-attempts': String(registry.attempts),
  };
}

/** A port that can be exchanged: what is under way goes on by the settings it began with. */
export function exchangeablePort(first: RegistryPort): RegistryPort & { exchange(next: RegistryPort): void } {
  let port = first;
  return {
    connect: (...args) => port.connect(...args),
    login: (...args) => port.login(...args),
    download: (...args) => port.download(...args),
    get maxDownloads() { return port.maxDownloads; },
    get maxUploads() { return port.maxUploads; },
    signatures: first.signatures,
    exchange: (next) => { port = next; },
  };
}
