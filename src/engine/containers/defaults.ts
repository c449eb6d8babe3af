import type { HostConfig, Resources } from '../../oci/container.ts';
import type { ContainerRecord } from './record.ts';

export type Ulimit = NonNullable<Resources['ulimits']>[number];

/** What the host's owner gives to containers that do not say it themselves. */
export interface ContainerDefaults {
  ulimits: readonly Ulimit[];
  shmBytes: number;
  ipcMode: 'private' | 'shareable';
  cgroupnsMode: 'private' | 'host';
  noNewPrivileges: boolean;
  /** As of `--security-opt seccomp=`: `unconfined`, or the text of a profile; undefined for the built-in one. */
  seccomp: string | undefined;
  /** Where control groups are made, below each controller; undefined for the engine's own place. */
  cgroupParent: string | undefined;
}

/**
 * The host's half as a process is started with it. Some defaults belong to the create and are in the record; these belong to each start, so that a
 * container gets what is set by then. Docker has it so, and does not show the options of security.
 */
export function startedHostConfig({ hostConfig, noNewPrivileges }: Pick<ContainerRecord, 'hostConfig' | 'noNewPrivileges'>, defaults: Pick<ContainerDefaults, 'ulimits' | 'seccomp'>): HostConfig {
  const first = [
    ...(noNewPrivileges === true ? ['no-new-privileges'] : []),
    // Privileged containers have a profile only where they name it.
    ...(defaults.seccomp === undefined || hostConfig.privileged === true ? [] : [`seccomp=${defaults.seccomp}`]),
  ];
  // Of two options of one kind the later one holds.
  const securityOpt = first.length === 0 ? hostConfig.securityOpt : [...first, ...hostConfig.securityOpt ?? []];
  return { ...hostConfig, securityOpt, ulimits: withDefaultUlimits(hostConfig.ulimits, defaults.ulimits) };
}

/** What was asked for, and of the defaults those that it does not name. */
export function withDefaultUlimits(asked: Resources['ulimits'], defaults: readonly Ulimit[]): Resources['ulimits'] {
  const missing = defaults.filter(({ name }) => !asked?.some((ulimit) => ulimit.name === name));
  return missing.length === 0 ? asked : [...asked ?? [], ...missing];
}

/** A privileged container stays in the host's namespace of control groups where the kernel has them in version 1. */
export function defaultCgroupnsMode(privileged: boolean, cgroupVersion: 1 | 2, defaults: Pick<ContainerDefaults, 'cgroupnsMode'>): 'private' | 'host' {
  return privileged && cgroupVersion === 1 ? 'host' : defaults.cgroupnsMode;
}
