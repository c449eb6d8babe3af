import { hostname as hostHostname } from 'node:os';
import { shortId } from '../../base/ids.ts';
import type { HostFacts, ProcessInput, ResolvedMount, SpecInput } from '../../runtime/spec/spec-input.ts';
import { startedHostConfig, type ContainerDefaults } from './defaults.ts';
import type { ContainerRecord } from './record.ts';
import type { ResolvedUser } from './user.ts';

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What is known only once the parts of a start are there. */
export interface StartedParts {
  rootfs: string;
  user: ResolvedUser;
  networkNamespace: string | 'host';
  pidNamespace: SpecInput['pidNamespace'];
  ipcNamespace: SpecInput['ipcNamespace'];
  /** /etc/hosts and the like, and the shared /dev/shm; they give way to what the person mounts in their place. */
  generated: ResolvedMount[];
  /** What the person mounts. */
  mounts: ResolvedMount[];
  cgroupPath: string;
  facts: HostFacts;
  defaults: Pick<ContainerDefaults, 'ulimits' | 'seccomp'>;
}

export function specInputOf(record: ContainerRecord, parts: StartedParts): SpecInput {
  const { config, hostConfig } = record;
  const asked = new Set(record.mounts.map((mount) => mount.destination));
  return {
    id: record.id,
    rootfs: parts.rootfs,
    process: processOf(record, parts.user),
    host: startedHostConfig(record, parts.defaults),
    hostname: hostConfig.utsMode === 'host' ? hostHostname() : hostnameOf(record),
    domainname: config.domainname ?? '',
    networkNamespace: parts.networkNamespace,
    pidNamespace: parts.pidNamespace,
    ipcNamespace: parts.ipcNamespace,
    utsNamespace: hostConfig.utsMode === 'host' ? 'host' : 'private',
    cgroupNamespace: hostConfig.cgroupnsMode === 'private' ? 'private' : 'host',
    cgroupPath: parts.cgroupPath,
    mounts: parentsFirst([...parts.mounts, ...parts.generated.filter((mount) => !asked.has(mount.target))]),
    facts: parts.facts,
    annotations: hostConfig.annotations ?? {},
  };
}

/** A volume at /etc must not cover what is generated for /etc/hosts. */
export function parentsFirst(mounts: ResolvedMount[]): ResolvedMount[] {
  const depth = ({ target }: ResolvedMount): number => target.split('/').length;
  return mounts.sort((a, b) => depth(a) - depth(b));
}

export function hostnameOf(record: ContainerRecord): string {
  return record.config.hostname || shortId(record.id);
}

function processOf(record: ContainerRecord, user: ResolvedUser): ProcessInput {
  const { config, hostConfig } = record;
  return {
    args: [record.path, ...record.args],
    env: environmentOf(config.env ?? [], { hostname: hostnameOf(record), tty: config.tty ?? false, home: user.home }),
    cwd: config.workingDir || '/',
    tty: config.tty ?? false,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    ...(hostConfig.consoleSize?.some((side) => side > 0) ? { consoleSize: hostConfig.consoleSize } : {}),
  };
}

/** Docker's defaults below what was asked for; a name without `=` is one to leave out, and an empty HOME is none: the user's own stays. */
export function environmentOf(asked: readonly string[], defaults: { hostname: string; tty: boolean; home: string }): string[] {
  const base = [defaultPath, `HOSTNAME=${defaults.hostname}`, ...(defaults.tty ? ['TERM=xterm'] : []), `HOME=${defaults.home}`];
  const byName = new Map<string, string>();
  for (const line of [...base, ...asked]) {
    const at = line.indexOf('=');
    if (at === -1) byName.delete(line);
    else if (line !== 'HOME=') byName.set(line.slice(0, at), line);
  }
  return [...byName.values()];
}
