import { readFileSync } from 'node:fs';
import { findProgram } from '../../host/find-program.ts';
import { isStaticExecutable } from './static-executable.ts';

/** Something of the host that Gantry or its tests use: how to see that it is there, and the package that brings it. `a | b` is a, or b where there is no a. */
export interface Need {
  name: string;
  why: string;
  packages: { debian: string; fedora: string; arch: string };
  present: () => boolean;
}

const program = (name: string, why: string, debian = name, others: Partial<Need['packages']> = {}): Need => ({
  name, why, packages: { debian, fedora: others.fedora ?? debian, arch: others.arch ?? debian }, present: () => findProgram(name) !== undefined,
});

/** What running containers takes. */
export const needs: Need[] = [
  program('crun', 'starts containers'),
  program('runc', 'starts containers where crun cannot'),
  {
    name: 'static busybox', why: 'the image that needs no network', packages: { debian: 'busybox-static', fedora: 'busybox', arch: 'busybox' },
    present: () => {
      const path = findProgram('busybox');
      return path !== undefined && isStaticExecutable(readFileSync(path));
    },
  },
  {
    name: 'tini', why: 'the process 1 of --init', packages: { debian: 'tini-static | tini', fedora: 'tini-static', arch: 'tini' },
    present: () => findProgram('tini-static') !== undefined,
  },
];

/** What the test suites use beside that. */
export const testNeeds: Need[] = [
  program('ps', 'docker top and the census', 'procps', { fedora: 'procps-ng', arch: 'procps-ng' }),
  program('ip', 'the census of links', 'iproute2', { fedora: 'iproute' }),
  program('nft', 'firewall tables, made and read by another tool', 'nftables'),
  program('unshare', 'peers in namespaces of their own', 'util-linux'),
  program('strace', 'system calls that fail, or kill who makes them'),
  program('skopeo', 'images made by another tool'),
  program('umoci', 'OCI layouts made by another tool'),
  program('mmdebstrap', 'a Debian root filesystem'),
  program('docker-registry', 'a registry that is not ours'),
  program('podman', 'a client of registries that is not ours'),
  program('docker-compose', 'projects of docker-compose 1.29, and programs that use docker-py'),
  program('openssl', 'certificates'),
  program('bzip2', 'archives'),
  program('xz', 'archives', 'xz-utils', { fedora: 'xz', arch: 'xz' }),
  program('zstd', 'archives'),
  program('mkfs.ext4', 'disks that fill up, lose their power, or belong to the virtual machine', 'e2fsprogs'),
];

/** What `npm run test:vm` uses beside those: a real boot with systemd and control groups v2. */
export const virtualMachineNeeds: Need[] = [
  program('qemu-system-x86_64', 'the virtual machine', 'qemu-system-x86', { fedora: 'qemu-system-x86-core', arch: 'qemu-base' }),
];
