import { existsSync } from 'node:fs';
import type { HostFacts } from '../../facts/host-facts.ts';
import { textOf } from '../../facts/host-facts.ts';
import { finding, ok, type Finding } from '../check.ts';

/** pidfd_open, openat2 and clone3 with cgroups are all there from here on. */
const oldest = { major: 5, minor: 10 };
/** The first with EROFS images mounted from files. */
const erofsFiles = { major: 6, minor: 12 };

export function kernelFindings(facts: HostFacts): Finding[] {
  return [version(facts), filesystems(facts), layers(facts), namespaces(), seccomp()];
}

function atLeast({ kernel }: HostFacts, { major, minor }: { major: number; minor: number }): boolean {
  return kernel.major > major || (kernel.major === major && kernel.minor >= minor);
}

function version(facts: HostFacts): Finding {
  if (atLeast(facts, oldest)) return ok('kernel', `Linux ${facts.kernel.text}`);
  return finding('kernel', 'fail', `Linux ${facts.kernel.text} is too old`, `Boot a kernel of ${oldest.major}.${oldest.minor} or newer.`);
}

/** What every container has mounted. An overlay is tried instead: its module is loaded at the first mount. */
const neededFilesystems = ['proc', 'sysfs', 'tmpfs', 'devpts', 'mqueue'];

function filesystems(facts: HostFacts): Finding {
  const missing = neededFilesystems.filter((name) => !facts.filesystems.includes(name));
  if (missing.length === 0) return ok('filesystems', neededFilesystems.join(' '));
  return finding('filesystems', 'fail', `this kernel has no ${missing.join(', ')}`, 'Use a kernel with them (mqueue: CONFIG_POSIX_MQUEUE).');
}

function layers(facts: HostFacts): Finding {
  const erofs = facts.filesystems.includes('erofs') && atLeast(facts, erofsFiles);
  return finding('layers', 'ok', erofs ? 'this kernel mounts EROFS layers from files' : 'layers are unpacked: this kernel does not mount EROFS from files');
}

function namespaces(): Finding {
  const missing = ['mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'user'].filter((name) => !existsSync(`/proc/self/ns/${name}`));
  if (missing.length === 0) return ok('namespaces', 'mount, pid, network, ipc, uts, cgroup, user');
  return finding('namespaces', 'fail', `missing: ${missing.join(', ')}`, 'Use a kernel built with CONFIG_NAMESPACES and all of its kinds.');
}

function seccomp(): Finding {
  if (textOf('/proc/sys/kernel/seccomp/actions_avail').includes('errno')) return ok('seccomp', 'filters are available');
  return finding('seccomp', 'warn', 'the kernel has no seccomp filters', "Use a kernel with CONFIG_SECCOMP_FILTER, or run with '--security-opt seccomp=unconfined'.");
}
