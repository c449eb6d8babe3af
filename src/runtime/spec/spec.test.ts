import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HostConfig } from '../../oci/container.ts';
import { boundingSet, defaultCapabilities, knownCapabilities } from './capabilities.ts';
import { parseSecurityOptions } from './security-options.ts';
import { createExecProcess, createSpec } from './spec.ts';
import type { HostFacts, SpecInput } from './spec-input.ts';

const facts: HostFacts = {
  cgroupVersion: 1, controllers: [], capabilities: knownCapabilities.filter((name) => name !== 'CAP_SYS_RESOURCE'), apparmor: false, seccomp: true,
  hardLimits: { nofile: 20_000, nproc: 96_365 }, kernel: '6.1.0', architecture: 'amd64', swapAccounting: true, runtimeName: 'crun', initPath: '/usr/bin/tini-static',
  devices: [
    { path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 },
    { path: '/dev/snd/a', type: 'c', major: 116, minor: 1, fileMode: 0o660, uid: 0, gid: 29 },
    { path: '/dev/snd/b', type: 'c', major: 116, minor: 2, fileMode: 0o660, uid: 0, gid: 29 },
    { path: '/dev/vda', type: 'b', major: 254, minor: 0, fileMode: 0o660, uid: 0, gid: 6 },
  ],
};

function input(host: HostConfig = {}, change: Partial<SpecInput> = {}): SpecInput {
  return {
    id: 'c', rootfs: '/merged', process: { args: ['sh'], env: ['A=1'], cwd: '/', tty: false, user: { uid: 0, gid: 0, additionalGids: [] } }, host,
    hostname: 'name', domainname: '', networkNamespace: '/run/netns/x', pidNamespace: 'private', ipcNamespace: 'private', utsNamespace: 'private',
    cgroupNamespace: 'host', cgroupPath: '/gantry/c', mounts: [], facts, annotations: {}, ...change,
  };
}

interface Spec {
  process: { args: string[]; capabilities: Record<string, string[]>; rlimits: { type: string; soft: number; hard: number }[]; noNewPrivileges: boolean };
  root: { readonly: boolean };
  hostname?: string;
  mounts: { destination: string; type: string; source: string; options: string[] }[];
  linux: {
    resources: Record<string, Record<string, unknown>> & { devices: object[] };
    namespaces: { type: string; path?: string }[];
    devices: { path: string; major: number; minor: number }[];
    sysctl: Record<string, string>;
    maskedPaths: string[];
    readonlyPaths: string[];
    seccomp?: { defaultAction: string; defaultErrnoRet: number; architectures: string[]; syscalls: { names: string[]; action: string; errnoRet?: number; args?: object[] }[] };
    rootfsPropagation: string;
  };
}

const spec = (host: HostConfig = {}, change: Partial<SpecInput> = {}): Spec => createSpec(input(host, change)) as Spec;

test('createSpec() applies an AppArmor profile that is named, in a privileged container too', () => {
  const profile = (host: HostConfig): unknown => (createSpec(input(host, { facts: { ...facts, apparmor: true } })) as { process: { apparmorProfile?: string } }).process.apparmorProfile;
  assert.equal(profile({ securityOpt: ['apparmor=mine'] }), 'mine');
  assert.equal(profile({ securityOpt: ['apparmor=mine'], privileged: true }), 'mine');
  assert.deepEqual([profile({}), profile({ securityOpt: ['apparmor=unconfined'] })], [undefined, undefined]);
});

test('createSpec() masks the thermal counters of this host\'s processors', () => {
  const throttlePaths = ['/sys/devices/system/cpu/cpu0/thermal_throttle'];
  const { linux } = spec({}, { facts: { ...facts, throttlePaths } });
  assert.deepEqual(linux.maskedPaths, [...spec().linux.maskedPaths, ...throttlePaths]);
  assert.ok(linux.maskedPaths.includes('/sys/devices/virtual/powercap') && linux.maskedPaths.includes('/proc/interrupts'));
});
const mountAt = (made: Spec, destination: string): Spec['mounts'][number] | undefined => made.mounts.find((mount) => mount.destination === destination);
const namesAllowed = (made: Spec): Set<string> => new Set(made.linux.seccomp!.syscalls.filter((rule) => rule.action === 'SCMP_ACT_ALLOW' && rule.args === undefined).flatMap(({ names }) => names));

describe('createSpec', () => {
  test('gives the same bytes for the same input', () => {
    assert.equal(JSON.stringify(spec({ memory: 1e8 })), JSON.stringify(spec({ memory: 1e8 })));
  });

  test('gives Docker\'s defaults', () => {
    const made = spec();
    assert.deepEqual(made.process.capabilities, { bounding: defaultCapabilities, permitted: defaultCapabilities, effective: defaultCapabilities });
    assert.equal(defaultCapabilities.length, 14);
    assert.deepEqual(made.process.rlimits, [{ type: 'RLIMIT_NOFILE', soft: 20_000, hard: 20_000 }]);
    assert.deepEqual(made.mounts.map(({ destination }) => destination), ['/proc', '/dev', '/dev/pts', '/sys', '/sys/fs/cgroup', '/dev/mqueue', '/dev/shm']);
    assert.ok(mountAt(made, '/dev/shm')!.options.includes('size=67108864'));
    assert.ok(mountAt(made, '/sys/fs/cgroup')!.options.includes('ro'));
    assert.deepEqual(made.linux.sysctl, { 'net.ipv4.ping_group_range': '0 2147483647', 'net.ipv4.ip_unprivileged_port_start': '0' });
    assert.ok(made.linux.maskedPaths.includes('/proc/kcore') && made.linux.readonlyPaths.includes('/proc/sys'));
    assert.deepEqual(made.linux.namespaces, [{ type: 'mount' }, { type: 'network', path: '/run/netns/x' }, { type: 'uts' }, { type: 'pid' }, { type: 'ipc' }]);
    assert.deepEqual(made.linux.resources.devices[0], { allow: false, access: 'rwm' });
  });

  test('leaves another user than root only the bounding set', () => {
    const process = { ...input().process, user: { uid: 1000, gid: 1000, additionalGids: [] } };
    assert.deepEqual(spec({}, { process }).process.capabilities, { bounding: defaultCapabilities });
    assert.deepEqual(Object.keys(spec({ privileged: true }, { process }).process.capabilities), ['bounding']);
  });

  test('opens everything for a privileged container', () => {
    const made = spec({ privileged: true });
    assert.deepEqual(made.process.capabilities['effective'], facts.capabilities);
    assert.equal(made.linux.seccomp, undefined);
    assert.deepEqual([made.linux.maskedPaths, made.linux.readonlyPaths], [[], []]);
    assert.deepEqual(made.linux.resources.devices, [{ allow: true, access: 'rwm' }]);
    assert.deepEqual(made.linux.devices.map(({ path }) => path), facts.devices!.map(({ path }) => path));
    assert.ok(mountAt(made, '/sys')!.options.includes('rw') && mountAt(made, '/sys/fs/cgroup')!.options.includes('rw'));
    assert.ok(mountAt(spec({ privileged: true, securityOpt: ['writable-cgroups=false'] }), '/sys/fs/cgroup')!.options.includes('ro'));
  });

  test('puts an init before the command', () => {
    const made = spec({ init: true });
    assert.deepEqual(made.process.args, ['/sbin/docker-init', '--', 'sh']);
    assert.deepEqual(mountAt(made, '/sbin/docker-init'), { destination: '/sbin/docker-init', type: 'bind', source: '/usr/bin/tini-static', options: ['bind', 'ro'] });
    assert.throws(() => spec({ init: true }, { facts: { ...facts, initPath: undefined } }), /init binary not found/);
    for (const pidNamespace of ['host', { ofPid: 7 }] as const) {
      const shared = spec({ init: true }, { pidNamespace, facts: { ...facts, initPath: undefined } });
      assert.deepEqual([shared.process.args, mountAt(shared, '/sbin/docker-init')], [['sh'], undefined], 'a pid namespace that is shared has its init');
    }
  });

  test('replaces a default mount by the person\'s', () => {
    const made = spec({}, { mounts: [{ target: '/dev/shm', type: 'tmpfs', readOnly: false, recursive: false, recursiveReadOnly: false, options: ['size=1m', 'exec'] }] });
    assert.deepEqual(made.mounts.filter(({ destination }) => destination === '/dev/shm').map(({ options }) => options), [['nosuid', 'nodev', 'size=1m', 'exec']]);
  });

  test('makes the root as shared as its most shared mount', () => {
    const bind = { target: '/m', type: 'bind' as const, source: '/s', readOnly: true, recursive: true, recursiveReadOnly: true, options: [] };
    assert.equal(spec({}, { mounts: [{ ...bind, propagation: 'rslave' }] }).linux.rootfsPropagation, 'rslave');
    const shared = spec({}, { mounts: [{ ...bind, propagation: 'shared' }, bind] });
    assert.equal(shared.linux.rootfsPropagation, 'rshared');
    assert.deepEqual(shared.mounts.at(-1)!.options, ['rbind', 'rprivate', 'ro', 'rro']);
  });

  test('joins and stays in namespaces', () => {
    const made = spec({}, { networkNamespace: 'host', pidNamespace: { ofPid: 7 }, ipcNamespace: { ofPid: 8, shmPath: '/shm' }, utsNamespace: 'host', cgroupNamespace: 'private' });
    assert.deepEqual(made.linux.namespaces, [{ type: 'mount' }, { type: 'pid', path: '/proc/7/ns/pid' }, { type: 'ipc', path: '/proc/8/ns/ipc' }, { type: 'cgroup' }]);
    assert.equal(made.hostname, undefined);
    assert.deepEqual(made.linux.sysctl, {});
    assert.equal(mountAt(made, '/dev/shm')!.source, '/shm');
    assert.equal(mountAt(spec({}, { ipcNamespace: 'none' }), '/dev/shm'), undefined);
  });

  test('does not set another container\'s network parameters', () => {
    assert.deepEqual(spec({ networkMode: 'container:abc' }).linux.sysctl, {});
  });
});

describe('resources', () => {
  const cases: [name: string, host: HostConfig, section: string, expected: object | undefined][] = [
    ['memory gets as much swap', { memory: 100 }, 'memory', { limit: 100, swap: 200 }],
    ['swap without limit', { memory: 100, memorySwap: -1 }, 'memory', { limit: 100 }],
    ['memory and swap', { memory: 100, memorySwap: 150, memoryReservation: 50 }, 'memory', { limit: 100, swap: 150, reservation: 50 }],
    ['swappiness 0 is said', { memorySwappiness: 0 }, 'memory', { swappiness: 0 }],
    ['swappiness -1 is not', { memorySwappiness: -1 }, 'memory', undefined],
    ['half a CPU', { nanoCpus: 5e8 }, 'cpu', { period: 100_000, quota: 50_000 }],
    ['shares and sets', { cpuShares: 512, cpusetCpus: '0-1', cpusetMems: '0' }, 'cpu', { shares: 512, cpus: '0-1', mems: '0' }],
    ['pids', { pidsLimit: 10 }, 'pids', { limit: 10 }],
    ['pids without limit', { pidsLimit: -1 }, 'pids', { limit: -1 }],
    ['pids 0 is nothing', { pidsLimit: 0 }, 'pids', undefined],
    ['block devices', { blkioWeight: 20, blkioDeviceReadBps: [{ path: '/dev/vda', rate: 9 }] }, 'blockIO', { weight: 20, throttleReadBpsDevice: [{ major: 254, minor: 0, rate: 9 }] }],
  ];
  for (const [name, host, section, expected] of cases) test(name, () => assert.deepEqual(spec(host).linux.resources[section], expected));

  test('refuses CPU shares that control groups v1 cannot keep; v2 makes a weight of every number', () => {
    assert.throws(() => spec({ cpuShares: 1 }), { kind: 'invalid', message: 'the minimum allowed cpu-shares is 2' });
    assert.throws(() => spec({ cpuShares: 262_145 }), { kind: 'invalid', message: 'the maximum allowed cpu-shares is 262144' });
    assert.doesNotThrow(() => spec({ cpuShares: 1 }, { facts: { ...facts, cgroupVersion: 2 } }));
  });

  test('says nothing about swap where the kernel does not count it', () => {
    assert.deepEqual(spec({ memory: 100 }, { facts: { ...facts, swapAccounting: false } }).linux.resources['memory'], { limit: 100 });
  });
});

describe('devices', () => {
  test('makes a node and a rule for a device', () => {
    const made = spec({ devices: [{ pathOnHost: '/dev/fuse', pathInContainer: '/dev/f', cgroupPermissions: 'rw' }] });
    assert.deepEqual(made.linux.devices.map(({ path, major, minor }) => [path, major, minor]), [['/dev/f', 10, 229]]);
    assert.deepEqual(made.linux.resources.devices.at(-1), { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' });
  });

  test('takes every device of a directory, below the target', () => {
    assert.deepEqual(spec({ devices: [{ pathOnHost: '/dev/snd/', pathInContainer: '/dev/x' }] }).linux.devices.map(({ path }) => path), ['/dev/x/a', '/dev/x/b']);
  });

  test('refuses what is not there', () => {
    assert.throws(() => spec({ devices: [{ pathOnHost: '/dev/nothing' }] }), /error gathering device information while adding custom device "\/dev\/nothing": no such file or directory/);
    assert.throws(() => spec({ deviceCgroupRules: ['c 1:3'] }), /invalid device cgroup rule format: 'c 1:3'/);
  });

  test('reads cgroup rules', () => {
    assert.deepEqual(spec({ deviceCgroupRules: ['b *:5 rm'] }).linux.resources.devices.at(-1), { allow: true, type: 'b', major: -1, minor: 5, access: 'rm' });
  });
});

describe('boundingSet', () => {
  const set = (add: string[], drop: string[], privileged = false): string[] => boundingSet({ add, drop, privileged, available: facts.capabilities });
  test('adds and drops with and without the prefix, in any case', () => {
    assert.deepEqual(set(['net_admin'], ['CAP_MKNOD', 'chown']), [...defaultCapabilities.filter((name) => name !== 'CAP_MKNOD' && name !== 'CAP_CHOWN'), 'CAP_NET_ADMIN']);
  });
  test('drops all but what is added', () => assert.deepEqual(set(['CHOWN'], ['all']), ['CAP_CHOWN']));
  test('adds all but what is dropped', () => assert.deepEqual(set(['ALL'], ['SYS_ADMIN']), facts.capabilities.filter((name) => name !== 'CAP_SYS_ADMIN')));
  test('drops nothing from a privileged container', () => assert.deepEqual(set([], ['ALL'], true), facts.capabilities));
  test('refuses what Linux does not know, and what this host cannot give', () => {
    assert.throws(() => set(['nonsense'], []), { message: 'unknown capability: "CAP_NONSENSE"' });
    assert.throws(() => set(['SYS_RESOURCE'], []), /not available in the current environment: "CAP_SYS_RESOURCE"/);
  });
});

describe('seccomp', () => {
  test('answers EPERM, except ENOSYS for clone3, and lets no namespace be made', () => {
    const { seccomp } = spec().linux;
    assert.deepEqual([seccomp!.defaultAction, seccomp!.defaultErrnoRet], ['SCMP_ACT_ERRNO', 1]);
    assert.deepEqual(seccomp!.syscalls.find(({ names }) => names.includes('clone3')), { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 });
    for (const name of ['mount', 'unshare', 'setns', 'bpf', 'keyctl', 'kexec_load', 'io_uring_setup', 'userfaultfd', 'init_module', 'reboot', 'clone']) assert.ok(!namesAllowed(spec()).has(name), name);
    for (const name of ['read', 'openat', 'execve', 'chroot', 'ptrace']) assert.ok(namesAllowed(spec()).has(name), name);
  });

  test('allows with a capability what belongs to it', () => {
    const allowed = namesAllowed(spec({ capAdd: ['SYS_ADMIN', 'SYS_TIME'] }));
    for (const name of ['mount', 'unshare', 'clone', 'clone3', 'clock_settime']) assert.ok(allowed.has(name), name);
    assert.ok(!namesAllowed(spec({ capDrop: ['SYS_CHROOT'] })).has('chroot'));
  });

  test('has no filter when unconfined, and the person\'s when one is given', () => {
    assert.equal(spec({ securityOpt: ['seccomp=unconfined'] }).linux.seccomp, undefined);
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW', archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
      syscalls: [
        { names: ['mkdir'], action: 'SCMP_ACT_ERRNO' },
        { names: ['mount'], action: 'SCMP_ACT_ERRNO', includes: { caps: ['CAP_SYS_ADMIN'] } },
        { names: ['umount2'], action: 'SCMP_ACT_ERRNO', excludes: { caps: ['CAP_CHOWN'] } },
        { name: 'rmdir', action: 'SCMP_ACT_ERRNO', includes: { arches: ['amd64'], minKernel: '5.0' } },
      ],
    };
    const { seccomp } = spec({ securityOpt: [`seccomp=${JSON.stringify(profile)}`] }).linux;
    assert.deepEqual(seccomp!.syscalls.flatMap(({ names }) => names), ['mkdir', 'rmdir']);
    assert.deepEqual(seccomp!.architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
    assert.throws(() => spec({ securityOpt: ['seccomp={'] }), /Decoding seccomp profile failed/);
  });
});

describe('parseSecurityOptions', () => {
  test('reads no-new-privileges with and without a value', () => {
    assert.equal(parseSecurityOptions(['no-new-privileges']).noNewPrivileges, true);
    assert.equal(parseSecurityOptions(['no-new-privileges:true']).noNewPrivileges, true);
    assert.equal(parseSecurityOptions(['no-new-privileges=false']).noNewPrivileges, false);
  });
  test('refuses what it does not know', () => {
    assert.throws(() => parseSecurityOptions(['nonsense']), { message: 'invalid --security-opt 1: "nonsense"' });
    assert.throws(() => parseSecurityOptions(['no-new-privileges=maybe']), { message: 'invalid --security-opt 2: "no-new-privileges=maybe"' });
  });
});

describe('ulimits', () => {
  const of = (ulimits: HostConfig['ulimits']): string => JSON.stringify(spec({ ulimits }).process.rlimits);
  test('writes unlimited as the kernel\'s infinity', () => assert.match(of([{ name: 'core', soft: -1, hard: -1 }]), /"RLIMIT_CORE","soft":18446744073709551615,"hard":18446744073709551615/));
  test('refuses more than this host can give, by name', () => assert.throws(() => of([{ name: 'nofile', soft: 1, hard: 20_001 }]), /ulimit nofile: the hard limit 20001 is more than the 20000/));
  test('refuses a soft limit above the hard one', () => assert.throws(() => of([{ name: 'core', soft: 2, hard: 1 }]), /soft limit must be less than or equal to hard limit: 2 > 1/));
  test('refuses unknown names', () => assert.throws(() => of([{ name: 'nope', soft: 1, hard: 1 }]), /invalid ulimit type: nope/));
});

describe('sysctls', () => {
  test('takes those of the container\'s own namespaces', () => assert.equal(spec({ sysctls: { 'kernel.shmmax': '1', 'net.core.somaxconn': '2', 'kernel.domainname': 'lan' } }).linux.sysctl['net.core.somaxconn'], '2'));
  test('refuses those of the host', () => {
    assert.throws(() => spec({ sysctls: { 'kernel.domainname': 'lan' } }, { utsNamespace: 'host' }), { message: 'sysctl "kernel.domainname" is not in a separate kernel namespace' });
    assert.throws(() => spec({ sysctls: { 'kernel.panic': '1' } }), { message: "sysctl 'kernel.panic' is not allowed" });
    assert.throws(() => spec({ sysctls: { 'net.core.somaxconn': '1' } }, { networkNamespace: 'host' }), /not allowed in host network namespace/);
  });
});

describe('createExecProcess', () => {
  const exec = (privileged: boolean): Spec['process'] => createExecProcess(input({ init: true, capDrop: ['ALL'] }), { process: { ...input().process, args: ['ls'] }, privileged }) as Spec['process'];
  test('has the container\'s capabilities and no init', () => {
    assert.deepEqual([exec(false).args, exec(false).capabilities['bounding']], [['ls'], []]);
  });
  test('gives every capability when privileged', () => assert.deepEqual(exec(true).capabilities['effective'], facts.capabilities));
});
