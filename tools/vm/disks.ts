import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { makeDebian } from './mirror.ts';
import { run } from './run.ts';

/** What a small Debian with systemd needs to run containers, and the census to count. */
const basePackages = [
  'systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'iproute2', 'procps', 'util-linux', 'e2fsprogs', 'ca-certificates',
  'crun', 'runc', 'busybox-static', 'tini', 'xz-utils', 'bzip2', 'iptables', 'nftables', 'initramfs-tools', 'linux-image-cloud-amd64',
];
/** Other people's tools, which some suites compare with. */
const peerPackages = ['skopeo', 'umoci', 'docker-registry', 'openssl', 'zstd', 'python3-minimal'];

export interface BootFiles { kernel: string; initrd: string; rootDisk: string }

/**
 * The machine's own disk and kernel, made once for each list of packages and kept in `cache`. `peers`: with the tools of other people.
 * @throws MirrorFailure when there is none yet, and its packages cannot be had
 */
export function baseDisk(repository: string, cache: string, { peers }: { peers: boolean }): BootFiles {
  const packages = [...basePackages, ...(peers ? peerPackages : [])];
  const unit = join(repository, 'tools/vm/gantry-test.service');
  const key = createHash('sha256').update(JSON.stringify(packages)).update(readFileSync(unit)).digest('hex').slice(0, 12);
  const home = join(cache, `base-${key}`);
  const files = { kernel: join(home, 'vmlinuz'), initrd: join(home, 'initrd'), rootDisk: join(home, 'root.ext4') };
  if (existsSync(home)) return files;
  console.log('vm: making a small Debian with systemd (about a minute, once)');
  const work = mkdtempSync(`${home}.`);
  try {
    make(packages, unit, work);
    publish(work, home);
    return files;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function make(packages: readonly string[], unit: string, work: string): void {
  makeDebian([
    '--variant=minbase', `--include=${packages.join(',')}`,
    '--customize-hook=printf "MODULES=list\\n" > "$1/etc/initramfs-tools/conf.d/gantry"',
    '--customize-hook=printf "virtio_pci\\nvirtio_blk\\next4\\n" >> "$1/etc/initramfs-tools/modules"',
    '--customize-hook=chroot "$1" update-initramfs -u',
    `--customize-hook=copy-in ${unit} /etc/systemd/system`,
    '--customize-hook=chroot "$1" systemctl enable gantry-test.service',
    '--customize-hook=chroot "$1" systemctl mask docker-registry.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer',
    'bookworm', join(work, 'root'),
  ]);
  run('sh', ['-c', 'cp "$1"/root/boot/vmlinuz-* "$1/vmlinuz" && cp "$1"/root/boot/initrd.img-* "$1/initrd"', 'sh', work]);
  run('mkfs.ext4', ['-q', '-F', '-d', join(work, 'root'), join(work, 'root.ext4'), '4G']);
  rmSync(join(work, 'root'), { recursive: true });
}

/** Of two runs that make the same disk the first one's stays. */
function publish(work: string, home: string): void {
  try {
    renameSync(work, home);
  } catch (error) {
    if (!existsSync(home)) throw error;
  }
}

/** Tools of the gate, which nothing inside runs. */
const notInside = ['typescript', '@typescript', 'oxlint', '@oxlint', 'knip', '.cache'].map((name) => `node_modules/${name}`);

/**
 * A disk with this checkout as it stands, built and installed, and the names of the suites to run. It has no name, so that runs do not meet and nothing
 * stays of them. @returns its descriptor
 */
export function projectDisk(repository: string, cache: string, suites: readonly string[]): number {
  const work = mkdtempSync(join(cache, 'project-'));
  try {
    const staging = join(work, 'files');
    mkdirSync(staging);
    stage(repository, staging);
    writeFileSync(join(staging, '.suites'), suites.join('\n'));
    const disk = join(work, 'disk.ext4');
    run('mkfs.ext4', ['-q', '-F', '-d', staging, disk, '3G']);
    return openSync(disk, 'r+');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const parts = ['src', 'tests', 'tools', 'dist', 'node_modules', 'package.json', 'package-lock.json', 'tsconfig.json', 'gantry', '.cache/debian-rootfs.tar'];

function stage(repository: string, staging: string): void {
  for (const name of parts.filter((each) => existsSync(join(repository, each)))) {
    // The launcher builds again what is newer than its build, so the times go with the files.
    cpSync(join(repository, name), join(staging, name), {
      recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter: (path) => !notInside.includes(relative(repository, path)),
    });
  }
}
