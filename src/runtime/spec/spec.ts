import { GantryError } from '../../base/errors.ts';
import { defaultMaskedPaths, defaultReadonlyPaths } from '../../oci/guarded-paths.ts';
import { boundingSet, capabilitySets } from './capabilities.ts';
import { devicesOf } from './devices.ts';
import { hasInit, initTarget, mountsOf } from './mounts.ts';
import { resourcesOf } from './resources.ts';
import { seccompProfile, type SeccompProfile } from './seccomp.ts';
import { apparmorProfile, parseSecurityOptions, type SecurityOptions } from './security-options.ts';
import type { ProcessInput, SpecInput } from './spec-input.ts';
import { sysctlsOf } from './sysctls.ts';
import { ulimitsOf } from './ulimits.ts';

/**
 * config.json of a container, Docker's defaults and all. Pure: the same input gives the same bytes.
 * https://github.com/opencontainers/runtime-spec/blob/v1.1.0/config.md
 * @throws invalid for what cannot be given here
 */
export function createSpec(input: SpecInput): object {
  const security = parseSecurityOptions(input.host.securityOpt ?? []);
  const capabilities = boundingOf(input);
  return {
    ociVersion: '1.0.2',
    process: { ...processOf(input, security, capabilities), rlimits: ulimitsOf(input.host.ulimits, input.facts) },
    root: { path: input.rootfs, readonly: input.host.readonlyRootfs === true },
    ...(input.utsNamespace === 'host' ? {} : { hostname: input.hostname }),
    mounts: mountsOf(input, security),
    annotations: input.annotations,
    linux: linuxOf(input, security, capabilities),
  };
}

/** Of an exec: the container's limits and security, its own process. `privileged` gives this process every capability. */
export function createExecProcess(input: SpecInput, exec: { process: ProcessInput; privileged: boolean }): object {
  const security = parseSecurityOptions(input.host.securityOpt ?? []);
  const capabilities = exec.privileged ? boundingSet({ add: [], drop: [], privileged: true, available: input.facts.capabilities }) : boundingOf(input);
  const process = processOf({ ...input, process: exec.process, host: { ...input.host, init: false } }, security, capabilities);
  return { ...process, rlimits: ulimitsOf(input.host.ulimits, input.facts) };
}

function boundingOf({ host, facts }: SpecInput): string[] {
  return boundingSet({ add: host.capAdd ?? [], drop: host.capDrop ?? [], privileged: host.privileged === true, available: facts.capabilities });
}

function processOf(input: SpecInput, security: SecurityOptions, capabilities: string[]): object {
  const { process, host, facts } = input;
  const init = hasInit(input);
  if (init && facts.initPath === undefined) throw new GantryError('invalid', 'init binary not found', { hint: 'Install the package tini, or run without --init.' });
  const apparmor = apparmorProfile(security, input.facts);
  return {
    terminal: process.tty,
    ...(process.tty && process.consoleSize !== undefined ? { consoleSize: { height: process.consoleSize[0], width: process.consoleSize[1] } } : {}),
    user: { uid: process.user.uid, gid: process.user.gid, additionalGids: process.user.additionalGids },
    args: init ? [initTarget, '--', ...process.args] : process.args,
    env: process.env,
    cwd: process.cwd === '' ? '/' : process.cwd,
    capabilities: capabilitySets(capabilities, process.user.uid),
    noNewPrivileges: security.noNewPrivileges,
    ...(host.oomScoreAdj === undefined || host.oomScoreAdj === 0 ? {} : { oomScoreAdj: host.oomScoreAdj }),
    ...(apparmor === undefined ? {} : { apparmorProfile: apparmor }),
  };
}

function linuxOf(input: SpecInput, security: SecurityOptions, capabilities: string[]): object {
  const { host, facts } = input;
  const privileged = host.privileged === true;
  const devices = devicesOf(input);
  const seccomp = privileged && security.seccomp === undefined ? undefined : withoutEmpty(seccompProfile(security.seccomp, capabilities, facts));
  return {
    resources: { devices: devices.rules, ...resourcesOf(host, facts) },
    cgroupsPath: input.cgroupPath,
    namespaces: namespacesOf(input),
    devices: devices.nodes,
    sysctl: sysctlsOf(input),
    maskedPaths: host.maskedPaths ?? (privileged ? [] : defaultMaskedPaths(facts.throttlePaths)),
    readonlyPaths: host.readonlyPaths ?? (privileged ? [] : defaultReadonlyPaths),
    ...(seccomp === undefined ? {} : { seccomp }),
    rootfsPropagation: rootPropagation(input),
  };
}

/** A volume that shares its mounts with the host needs a root that does not cut it off. */
function rootPropagation({ mounts }: SpecInput): string {
  const asked = mounts.map(({ propagation = '' }) => propagation);
  if (asked.some((each) => each === 'shared' || each === 'rshared')) return 'rshared';
  return asked.some((each) => each === 'slave' || each === 'rslave') ? 'rslave' : 'rprivate';
}

function namespacesOf(input: SpecInput): object[] {
  const joined = (mode: { ofPid: number }, type: string): string => `/proc/${mode.ofPid}/ns/${type}`;
  const { pidNamespace: pid, ipcNamespace: ipc } = input;
  return [
    { type: 'mount' },
    ...(input.networkNamespace === 'host' ? [] : [{ type: 'network', path: input.networkNamespace }]),
    ...(input.utsNamespace === 'host' ? [] : [{ type: 'uts' }]),
    ...(pid === 'host' ? [] : [pid === 'private' ? { type: 'pid' } : { type: 'pid', path: joined(pid, 'pid') }]),
    ...(ipc === 'host' ? [] : [typeof ipc === 'string' ? { type: 'ipc' } : { type: 'ipc', path: joined(ipc, 'ipc') }]),
    ...(input.cgroupNamespace === 'host' ? [] : [{ type: 'cgroup' }]),
  ];
}

function withoutEmpty(profile: SeccompProfile | undefined): SeccompProfile | undefined {
  return profile === undefined || (profile.syscalls?.length === 0 && profile.defaultAction === 'SCMP_ACT_ALLOW') ? undefined : profile;
}
