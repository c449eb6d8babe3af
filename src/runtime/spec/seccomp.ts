import { GantryError } from '../../base/errors.ts';
import type { HostFacts } from './spec-input.ts';
import { alwaysAllowed } from './seccomp-allowed.ts';

/** Linux's errno numbers that the profile answers with. */
const EPERM = 1;
const ENOSYS = 38;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET: making namespaces. */
const namespaceFlags = 0x7e020000;
const vsock = 40;

interface Argument { index: number; value: number; valueTwo?: number; op: string }
interface Rule { names: readonly string[]; action: string; errnoRet?: number; args?: Argument[] }

export interface SeccompProfile {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  flags?: string[];
  syscalls?: Rule[];
}

/** Calls that come with a capability: without it the kernel would refuse most of them anyway, with it they are wanted. */
const byCapability: Record<string, readonly string[]> = {
  CAP_DAC_READ_SEARCH: ['open_by_handle_at'],
  CAP_SYS_ADMIN: [
    'bpf', 'clone', 'clone3', 'fanotify_init', 'fsconfig', 'fsmount', 'fsopen', 'fspick', 'lookup_dcookie', 'lsm_get_self_attr',
    'lsm_list_modules', 'lsm_set_self_attr', 'mount', 'mount_setattr', 'move_mount', 'open_tree', 'perf_event_open', 'quotactl',
    'quotactl_fd', 'setdomainname', 'sethostname', 'setns', 'syslog', 'umount', 'umount2', 'unshare',
  ],
  CAP_SYS_BOOT: ['reboot'],
  CAP_SYS_CHROOT: ['chroot'],
  CAP_SYS_MODULE: ['delete_module', 'finit_module', 'init_module'],
  CAP_SYS_PACCT: ['acct'],
  CAP_SYS_PTRACE: ['kcmp', 'pidfd_getfd', 'process_madvise', 'process_vm_readv', 'process_vm_writev', 'ptrace'],
  CAP_SYS_RAWIO: ['ioperm', 'iopl'],
  CAP_SYS_TIME: ['clock_settime', 'clock_settime64', 'settimeofday', 'stime'],
  CAP_SYS_TTY_CONFIG: ['vhangup'],
  CAP_SYS_NICE: ['get_mempolicy', 'mbind', 'set_mempolicy', 'set_mempolicy_home_node'],
  CAP_SYSLOG: ['syslog'],
  CAP_BPF: ['bpf'],
  CAP_PERFMON: ['perf_event_open'],
};

const byArchitecture: Record<string, readonly string[]> = {
  amd64: ['arch_prctl', 'modify_ldt'],
  arm64: ['arm_fadvise64_64', 'arm_sync_file_range', 'breakpoint', 'cacheflush', 'set_tls', 'sync_file_range2'],
  riscv64: ['riscv_flush_icache'],
};

const seccompArchitectures: Record<string, string[]> = {
  amd64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
  riscv64: ['SCMP_ARCH_RISCV64'],
};

const allow = (names: readonly string[], args?: Argument[]): Rule => ({ names, action: 'SCMP_ACT_ALLOW', ...(args === undefined ? {} : { args }) });
const first = (op: string, value: number, valueTwo?: number): Argument[] => [{ index: 0, value, ...(valueTwo === undefined ? {} : { valueTwo }), op }];

/** Docker's default profile for a container with these capabilities; the same input gives the same bytes. */
export function defaultSeccompProfile(capabilities: readonly string[], { architecture, kernel }: HostFacts): SeccompProfile {
  const held = Object.keys(byCapability).filter((name) => capabilities.includes(name));
  const makesNamespaces = capabilities.includes('CAP_SYS_ADMIN');
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: EPERM,
    architectures: seccompArchitectures[architecture] ?? [],
    syscalls: [
      allow(alwaysAllowed),
      // Before Linux 4.8 a tracer could change a call after it was checked.
      ...(kernelAtLeast(kernel, 4, 8) ? [allow(['process_vm_readv', 'process_vm_writev', 'ptrace'])] : []),
      allow(['socket'], first('SCMP_CMP_NE', vsock)),
      ...[0x0, 0x8, 0x20000, 0x20008, 0xffffffff].map((persona) => allow(['personality'], first('SCMP_CMP_EQ', persona))),
      ...(byArchitecture[architecture] === undefined ? [] : [allow(byArchitecture[architecture])]),
      ...held.map((name) => allow(byCapability[name]!)),
      ...(makesNamespaces ? [] : [
        allow(['clone'], first('SCMP_CMP_MASKED_EQ', namespaceFlags, 0)),
        // Its flags are behind a pointer that a filter cannot follow: with ENOSYS the C library falls back to clone.
        { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
      ]),
    ],
  };
}

/**
 * The profile that `--security-opt seccomp=` names: undefined for `unconfined`, the default for `builtin` and nothing, else the JSON
 * of a profile in Docker's form (with archMap and includes) or the OCI's. @throws invalid
 */
export function seccompProfile(option: string | undefined, capabilities: readonly string[], facts: HostFacts): SeccompProfile | undefined {
  if (option === 'unconfined') return undefined;
  if (option === undefined || option === '' || option === 'builtin') return facts.seccomp ? defaultSeccompProfile(capabilities, facts) : undefined;
  if (!facts.seccomp) throw new GantryError('invalid', 'seccomp is not enabled in your kernel, cannot run a custom seccomp profile');
  return translateProfile(parseProfile(option), capabilities, facts);
}

/** Docker's own file format: rules that hold under conditions, and one map for all architectures. */
interface DockerProfile extends SeccompProfile {
  archMap?: { architecture: string; subArchitectures?: string[] | null }[];
  syscalls?: (Rule & { name?: string; includes?: Condition; excludes?: Condition; comment?: string })[];
}
interface Condition { caps?: string[]; arches?: string[]; minKernel?: string }

function parseProfile(text: string): DockerProfile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GantryError('invalid', `Decoding seccomp profile failed: ${(cause as Error).message}`, { cause });
  }
  if (typeof value !== 'object' || value === null || typeof (value as DockerProfile).defaultAction !== 'string') {
    throw new GantryError('invalid', 'Decoding seccomp profile failed: defaultAction is missing');
  }
  const profile = value as DockerProfile;
  if (profile.syscalls?.some(({ name, names }) => name && names?.length)) {
    throw new GantryError('invalid', "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'");
  }
  return profile;
}

function translateProfile(profile: DockerProfile, capabilities: readonly string[], facts: HostFacts): SeccompProfile {
  if (profile.architectures !== undefined && profile.architectures.length > 0 && (profile.archMap?.length ?? 0) > 0) {
    throw new GantryError('invalid', "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'");
  }
  const native = seccompArchitectures[facts.architecture]?.[0];
  const mapped = profile.archMap?.find((entry) => entry.architecture === native);
  const architectures = mapped === undefined ? profile.architectures : [mapped.architecture, ...(mapped.subArchitectures ?? [])];
  const applies = (condition: Condition | undefined): boolean[] => [
    ...(condition?.caps ?? []).map((name) => capabilities.includes(name)),
    ...(condition?.arches === undefined || condition.arches.length === 0 ? [] : [condition.arches.includes(facts.architecture)]),
    ...(condition?.minKernel === undefined ? [] : [kernelAtLeast(facts.kernel, ...(condition.minKernel.split('.').map(Number) as [number, number]))]),
  ];
  const rules = (profile.syscalls ?? [])
    .filter((rule) => applies(rule.includes).every(Boolean) && !applies(rule.excludes).some(Boolean))
    .map(({ name, names, action, errnoRet, args }): Rule => ({
      names: name === undefined || name === '' ? names : [name],
      action,
      ...(errnoRet === undefined ? {} : { errnoRet }),
      ...(args === undefined || args === null || args.length === 0 ? {} : { args }),
    }));
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(architectures === undefined || architectures === null ? {} : { architectures }),
    ...(profile.flags === undefined ? {} : { flags: profile.flags }),
    syscalls: rules,
  };
}

function kernelAtLeast(release: string, major: number, minor: number): boolean {
  const [have = 0, haveMinor = 0] = release.split(/[.-]/).map(Number);
  return have > major || (have === major && haveMinor >= minor);
}
