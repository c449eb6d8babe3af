import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

/** What a small Debian with systemd needs to run containers. */
const packages = [
  'systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'iproute2', 'procps', 'util-linux', 'e2fsprogs', 'ca-certificates',
  'crun', 'runc', 'libnftables1', 'busybox-static', 'tini', 'xz-utils', 'bzip2', 'iptables', 'initramfs-tools', 'linux-image-cloud-amd64',
];

export interface BootFiles { kernel: string; initrd: string; rootDisk: string }

/** The machine's own disk and kernel, made once for each list of packages and kept in `cache`. */
export function baseDisk(repository: string, cache: string): BootFiles {
  const unit = join(repository, 'tools/vm/gantry-test.service');
  const key = createHash('sha256').update(JSON.stringify(packages)).update(readFileSync(unit)).digest('hex').slice(0, 12);
  const home = join(cache, `base-${key}`);
  const files = { kernel: join(home, 'vmlinuz'), initrd: join(home, 'initrd'), rootDisk: join(home, 'root.ext4') };
  if (existsSync(home)) return files;
  console.log('vm: making a small Debian with systemd (about a minute, once)');
  const work = `${home}.new`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  run('mmdebstrap', [
    '--variant=minbase', `--include=${packages.join(',')}`,
    '--customize-hook=printf "MODULES=list\\n" > "$1/etc/initramfs-tools/conf.d/gantry"',
    '--customize-hook=printf "virtio_pci\\nvirtio_blk\\next4\\n" >> "$1/etc/initramfs-tools/modules"',
    '--customize-hook=chroot "$1" update-initramfs -u',
    `--customize-hook=copy-in ${unit} /etc/systemd/system`,
    '--customize-hook=chroot "$1" systemctl enable gantry-test.service',
    'bookworm', join(work, 'root'),
  ]);
  run('sh', ['-c', 'cp "$1"/root/boot/vmlinuz-* "$1/vmlinuz" && cp "$1"/root/boot/initrd.img-* "$1/initrd"', 'sh', work]);
  run('mkfs.ext4', ['-q', '-F', '-d', join(work, 'root'), join(work, 'root.ext4'), '3G']);
  rmSync(join(work, 'root'), { recursive: true });
  renameSync(work, home);
  return files;
}

/** A disk with this checkout as it stands, built and installed, and the names of the suites to run. */
export function projectDisk(repository: string, cache: string, suites: readonly string[]): string {
  const staging = join(cache, 'project');
  const disk = join(cache, 'project.ext4');
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  for (const name of ['src', 'tests', 'tools', 'dist', 'node_modules', 'package.json', 'tsconfig.json', 'gantry']) {
    if (existsSync(join(repository, name))) cpSync(join(repository, name), join(staging, name), { recursive: true, verbatimSymlinks: true });
  }
  const images = join(repository, '.cache/images');
  if (existsSync(images)) cpSync(images, join(staging, '.cache/images'), { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(staging, '.suites'), suites.join('\n'));
  rmSync(disk, { force: true });
  run('mkfs.ext4', ['-q', '-F', '-d', staging, disk, '3G']);
  rmSync(staging, { recursive: true });
  return disk;
}
