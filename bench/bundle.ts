import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder with the root filesystem that all engines run and a bundle for the bare runtime. */
export interface Bundle extends Disposable {
  folder: string;
  /** The root filesystem as one tar, for `import`. */
  tar: Buffer;
}

export function makeBundle(): Bundle {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
  const rootfs = join(folder, 'rootfs');
  for (const name of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp']) mkdirSync(join(rootfs, name), { recursive: true });
  copyFileSync('/bin/busybox', join(rootfs, 'bin/busybox'));
  for (const applet of ['sh', 'true', 'sleep']) execFileSync('ln', ['-s', 'busybox', join(rootfs, 'bin', applet)]);
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n');
  const archive = join(folder, 'rootfs.tar');
  execFileSync('tar', ['-C', rootfs, '-cf', archive, '.']);
  writeSpec(folder);
  return { folder, tar: readFileSync(archive), [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** crun's own default spec, running `true` without a terminal: namespaces, masked paths and mounts as engines ask for. */
function writeSpec(folder: string): void {
  execFileSync('crun', ['spec'], { cwd: folder });
  const path = join(folder, 'config.json');
  const spec = JSON.parse(readFileSync(path, 'utf8')) as { process: { terminal: boolean; args: string[]; rlimits?: unknown } };
  spec.process.terminal = false;
  spec.process.args = ['true'];
  delete spec.process.rlimits;
  writeFileSync(path, JSON.stringify(spec));
}
