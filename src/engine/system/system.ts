import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, hostname, totalmem } from 'node:os';
import { now } from '../../base/clock.ts';
import type { HostFacts } from '../../runtime/spec/spec-input.ts';
import type { ContainerCatalog } from '../containers/catalog.ts';
import type { ContainerSettings } from '../containers/deps.ts';
import { dockerStatus } from '../containers/transition.ts';
import type { SystemInfo, SystemVerbs, VersionInfo } from './verbs.ts';

export interface SystemDeps {
  catalog: Pick<ContainerCatalog, 'all'>;
  countImages: () => number;
  facts: HostFacts;
  /** Made once for a root, kept in its database. */
  id: string;
  root: string;
  storage: { name: string; status: [string, string][] };
  settings: Pick<ContainerSettings, 'runtimes' | 'defaultRuntime' | 'defaults'>;
  /** `builtin`, `unconfined` or a path: of containers that name none. */
  seccompProfile: string;
  loggingDriver: string;
  version: Pick<VersionInfo, 'version' | 'components' | 'buildTime' | 'gitCommit'>;
  labels: string[];
  debug: boolean;
  eventListeners: () => number;
  registries: SystemInfo['registries'];
}

export function createSystemVerbs(deps: SystemDeps): SystemVerbs {
  return {
    version: async () => ({ ...deps.version, kernel: deps.facts.kernel }),
    info: async () => {
      const { facts } = deps;
      const { prettyName, versionId } = readOsRelease();
      return {
        id: deps.id,
        containers: countByState(deps.catalog),
        images: deps.countImages(),
        name: hostname(),
        kernel: facts.kernel,
        operatingSystem: prettyName,
        osVersion: versionId,
        architecture: facts.architecture,
        cpus: availableParallelism(),
        memoryBytes: totalmem(),
        root: deps.root,
        storageDriver: deps.storage,
        cgroupVersion: facts.cgroupVersion,
        controllers: facts.controllers,
        runtimes: deps.settings.runtimes,
        defaultRuntime: deps.settings.defaultRuntime,
        loggingDriver: deps.loggingDriver,
        securityOptions: securityOptionsOf(deps),
        initBinary: facts.initPath ?? '',
        warnings: warningsOf(deps),
        labels: deps.labels,
        version: deps.version.version,
        systemTime: now(),
        httpProxy: proxy('HTTP_PROXY'),
        httpsProxy: proxy('HTTPS_PROXY'),
        noProxy: proxy('NO_PROXY'),
        debug: deps.debug,
        goroutinesLikeCount: process.getActiveResourcesInfo().length,
        fileDescriptors: readdirSync('/proc/self/fd').length,
        eventListeners: deps.eventListeners(),
        registries: deps.registries,
      };
    },
  };
}

/** What containers have that say nothing. */
function securityOptionsOf({ facts, settings: { defaults }, seccompProfile }: SystemDeps): string[] {
  return [
    ...(facts.apparmor ? ['name=apparmor'] : []),
    ...(facts.seccomp ? [`name=seccomp,profile=${seccompProfile}`] : []),
    ...(defaults.cgroupnsMode === 'private' ? ['name=cgroupns'] : []),
    ...(defaults.noNewPrivileges ? ['name=no-new-privileges'] : []),
  ];
}

function countByState(catalog: Pick<ContainerCatalog, 'all'>): { total: number; running: number; paused: number; stopped: number } {
  const counts = { total: 0, running: 0, paused: 0, stopped: 0 };
  for (const { state } of catalog.all()) {
    const status = dockerStatus(state);
    counts.total++;
    if (status === 'running' || status === 'restarting') counts.running++;
    else if (status === 'paused') counts.paused++;
    else counts.stopped++;
  }
  return counts;
}

function readOsRelease(): { prettyName: string; versionId: string } {
  let text = '';
  try {
    text = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // A host may do without this file.
  }
  const value = (key: string): string | undefined => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(text)?.[1];
  return { prettyName: value('PRETTY_NAME') ?? 'Linux', versionId: value('VERSION_ID') ?? '' };
}

/** Docker's sentences for what this host cannot limit, and one of ours: Docker loads a profile of its own for all others. */
function warningsOf({ facts, seccompProfile }: SystemDeps): string[] {
  const has = (controller: string): boolean => facts.controllers.includes(controller);
  return [
    ...(has('memory') ? [] : ['WARNING: No memory limit support']),
    ...(facts.swapAccounting ? [] : ['WARNING: No swap limit support']),
    ...(has('cpu') ? [] : ['WARNING: No cpu shares support']),
    ...(has('cpuset') ? [] : ['WARNING: No cpuset support']),
    ...(facts.seccomp && seccompProfile !== 'builtin' ? ['WARNING: daemon is not using the default seccomp profile'] : []),
    ...(facts.apparmor ? ['WARNING: AppArmor confines only containers that name a profile (--security-opt apparmor=PROFILE)'] : []),
  ];
}

/** As it may be shown: without the password. */
function proxy(name: string): string {
  const value = process.env[name] ?? process.env[name.toLowerCase()] ?? '';
  return value.replace(/\/\/[^/@]*@/, '//xxxxx:xxxxx@');
}
