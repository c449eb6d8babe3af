/**
 * `node tools/registry-image.ts FILE`: the root filesystem of a container that serves a registry, as a tar: Node, what it links to, and
 * the built program. docs/registry.md tells how it becomes an image. Needs `npm run build` before.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const repository = join(import.meta.dirname, '..');
const [target] = process.argv.slice(2);
if (target === undefined || !existsSync(join(repository, 'dist/gantry.js'))) {
  console.error(target === undefined ? 'usage: node tools/registry-image.ts FILE' : 'dist/ is missing: npm run build');
  process.exit(2);
}

const root = mkdtempSync(join(tmpdir(), 'gantry-registry-image-'));
try {
  copy(process.execPath, '/usr/bin/node');
  for (const library of librariesOf(process.execPath)) copy(library, library);
  // htpasswd's hashes are checked by crypt(3).
  for (const library of librariesOf('/usr/bin/perl', /libcrypt/)) copy(library, library);
  cpSync(join(repository, 'dist'), join(root, 'opt/gantry/dist'), { recursive: true, filter: (path) => !/\.(?:map|tar|cache)$/.test(path) });
  for (const folder of ['koffi', '@koromix']) {
    const path = join(repository, 'node_modules', folder);
    if (existsSync(path)) cpSync(path, join(root, 'opt/gantry/node_modules', folder), { recursive: true });
  }
  if (existsSync('/etc/ssl/certs/ca-certificates.crt')) copy('/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/certs/ca-certificates.crt');
  for (const folder of ['tmp', 'var/lib/gantry-registry', 'etc/gantry']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/\n');
  execFileSync('tar', ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '-C', root, '-cf', target, '.']);
} finally {
  rmSync(root, { recursive: true, force: true });
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(join(root, to)), { recursive: true });
  cpSync(realpathSync(from), join(root, to));
}

/** Paths of the shared libraries that a program asks for. */
function librariesOf(program: string, wanted = /./): string[] {
  if (!existsSync(program)) return [];
  const text = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...text.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path!).filter((path) => wanted.test(path));
}
