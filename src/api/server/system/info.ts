import type { SystemInfo } from '../../../engine/system/verbs.ts';
import { atLeast } from '../../types/version.ts';
import { kernelArchitecture } from './architecture.ts';

/** `GET /info`, in the order and with the types that Docker's clients expect. */
export function infoJson(info: SystemInfo, version: string): object {
  return {
    ...counts(info),
    ...limits(info),
    ...host(info, version),
    ...runtimes(info, version),
    SecurityOptions: atLeast(version, '1.25') ? info.securityOptions : info.securityOptions.map((option) => /name=([^,]*)/.exec(option)?.[1] ?? option),
    ...(atLeast(version, '1.49') && { FirewallBackend: { Driver: 'nftables' } }),
    CDISpecDirs: [],
    Warnings: info.warnings.length === 0 ? null : info.warnings,
    ...(!atLeast(version, '1.50') && { BridgeNfIptables: false, BridgeNfIp6tables: false }),
    ...(!atLeast(version, '1.25') && { ExecutionDriver: '<not supported>' }),
  };
}

function counts(info: SystemInfo): object {
  return {
    ID: info.id,
    Containers: info.containers.total,
    ContainersRunning: info.containers.running,
    ContainersPaused: info.containers.paused,
    ContainersStopped: info.containers.stopped,
    Images: info.images,
    Driver: info.storageDriver.name,
    DriverStatus: info.storageDriver.status,
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'macvlan', 'null'],
      Authorization: null,
      Log: ['json-file', 'local', 'none'],
    },
  };
}

function limits(info: SystemInfo): object {
  const has = (controller: string): boolean => info.controllers.includes(controller);
  return {
    MemoryLimit: has('memory'),
    SwapLimit: has('memory'),
    CpuCfsPeriod: has('cpu'),
    CpuCfsQuota: has('cpu'),
    CPUShares: has('cpu'),
    CPUSet: has('cpuset'),
    PidsLimit: has('pids'),
    IPv4Forwarding: true,
    Debug: info.debug,
    NFd: info.fileDescriptors,
    OomKillDisable: has('memory') && info.cgroupVersion === 1,
    NGoroutines: info.goroutinesLikeCount,
  };
}

function host(info: SystemInfo, version: string): object {
  return {
    SystemTime: info.systemTime,
    LoggingDriver: info.loggingDriver,
    CgroupDriver: 'cgroupfs',
    CgroupVersion: String(info.cgroupVersion),
    NEventsListener: info.eventListeners,
    KernelVersion: info.kernel,
    OperatingSystem: info.operatingSystem,
    OSVersion: info.osVersion,
    OSType: 'linux',
    Architecture: kernelArchitecture(info.architecture),
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: registryConfig(info, version),
    NCPU: info.cpus,
    MemTotal: info.memoryBytes,
    GenericResources: null,
    DockerRootDir: info.root,
    HttpProxy: info.httpProxy,
    HttpsProxy: info.httpsProxy,
    NoProxy: info.noProxy,
    Name: info.name,
    Labels: info.labels,
    ExperimentalBuild: false,
    ServerVersion: info.version,
  };
}

function registryConfig(info: SystemInfo, version: string): object {
  const { insecure, mirrors } = info.registries;
  const index = (name: string, secure: boolean, official: boolean): object => ({ Name: name, Mirrors: official ? mirrors : [], Secure: secure, Official: official });
  return {
    ...(!atLeast(version, '1.47') && { AllowNondistributableArtifactsCIDRs: null, AllowNondistributableArtifactsHostnames: null }),
    InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8'],
    IndexConfigs: { 'docker.io': index('docker.io', true, true), ...Object.fromEntries(insecure.map((name) => [name, index(name, false, false)])) },
    Mirrors: mirrors.length === 0 ? null : mirrors,
  };
}

function runtimes(info: SystemInfo, version: string): object {
  const commit = (id: string): object => ({ ID: id, ...(id !== '' && !atLeast(version, '1.49') && { Expected: id }) });
  return {
    Runtimes: Object.fromEntries(Object.entries(info.runtimes).map(([name, { path, args }]) => [name, { path, ...(args !== undefined && { runtimeArgs: args }) }])),
    DefaultRuntime: info.defaultRuntime,
    Swarm: { NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: info.initBinary,
    ContainerdCommit: commit(''),
    RuncCommit: commit(''),
    InitCommit: commit(''),
  };
}
