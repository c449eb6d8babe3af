import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { messageOf } from '../src/base/errors.ts';
import { tarEnd, tarHeader, tarPadding, type TarOutput } from '../src/base/tar/encoder.ts';
import { hostArchitecture } from '../src/host/architecture.ts';
import { isStaticExecutable } from '../src/machine/facts/static-executable.ts';
import { digestOf } from '../src/oci/digest.ts';
import { mediaTypes } from '../src/oci/media-types.ts';

/**
 * Makes the image that needs no network: a shell and its tools from the host's static busybox, as an OCI archive.
 * The same busybox gives the same bytes.
 * Usage: embedded-image [target]; the target is replaced whole.
 */
const familiarReference = 'gantry/busybox:latest';
const reference = `docker.io/${familiarReference}`;

/** No moment is better than another: the epoch of the image is fixed. */
const created = '2026-01-01T00:00:00Z';
const mtime = { seconds: Date.parse(created) / 1000, nanoseconds: 0 };

function archive(members: readonly (TarOutput & { body?: Buffer })[]): Buffer {
  const parts = members.flatMap(({ body, ...entry }) => {
    const bytes = body ?? Buffer.alloc(0);
    return [tarHeader({ mtime, ...entry, size: bytes.length }), bytes, tarPadding(bytes.length)];
  });
  return Buffer.concat([...parts, tarEnd()]);
}

/** The first busybox on the path that runs without libraries of the host: an image has none. */
function findBusybox(): string {
  for (const directory of [...(process.env['PATH'] ?? '').split(':'), '/bin', '/usr/bin']) {
    const path = join(directory || '.', 'busybox');
    if (existsSync(path) && isStaticExecutable(readFileSync(path))) return path;
  }
  throw new Error('no static busybox found: install the package busybox-static');
}

function rootfs(busybox: string): Buffer {
  const directory = (name: string, mode = 0o755) => ({ name: `${name}/`, type: 'directory', mode }) as const;
  const file = (name: string, text: string | Buffer, mode = 0o644) => ({ name, mode, body: Buffer.from(text) });
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n').filter((name) => name !== '' && name !== 'busybox').sort();
  const users = ['root:x:0:0:root:/root:/bin/sh', 'daemon:x:1:1:daemon:/usr/sbin:/bin/false', 'nobody:x:65534:65534:nobody:/nonexistent:/bin/false'];
  const groups = ['root:x:0:', 'daemon:x:1:', 'tty:x:5:', 'disk:x:6:', 'users:x:100:', 'nogroup:x:65534:'];
  return archive([
    directory('bin'),
    file('bin/busybox', readFileSync(busybox), 0o755),
    ...applets.map((name) => ({ name: `bin/${name}`, type: 'link', linkName: 'bin/busybox', mode: 0o755 }) as const),
    directory('dev'), directory('etc'),
    file('etc/group', `${groups.join('\n')}\n`),
    file('etc/nsswitch.conf', 'hosts: files dns\n'),
    file('etc/passwd', `${users.join('\n')}\n`),
    file('etc/shadow', 'root:*::0:::::\n', 0o600),
    directory('home'), directory('proc'), directory('root', 0o700), directory('sys'), directory('tmp', 0o1777),
    directory('usr'),
    { name: 'usr/bin', type: 'symlink', linkName: '../bin' },
    { name: 'usr/sbin', type: 'symlink', linkName: '../bin' },
    { name: 'sbin', type: 'symlink', linkName: 'bin' },
    directory('var'), directory('var/log'), directory('var/spool'), directory('var/tmp', 0o1777),
    { name: 'var/run', type: 'symlink', linkName: '../run' },
    directory('run'),
  ]);
}

function image(busybox: string): Buffer {
  const tar = rootfs(busybox);
  const layer = gzipSync(tar, { level: 9 });
  const version = execFileSync(busybox, { encoding: 'utf8' }).split('\n')[0] ?? '';
  const config = Buffer.from(JSON.stringify({
    created,
    architecture: hostArchitecture(),
    os: 'linux',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Cmd: ['sh'],
      Labels: { 'org.opencontainers.image.title': 'gantry/busybox', 'org.opencontainers.image.description': version },
    },
    rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    history: [{ created, created_by: `gantry: the host's static busybox`, comment: version }],
  }));
  const describe = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest,
    config: describe(mediaTypes.ociConfig, config), layers: [describe(mediaTypes.ociLayerGzip, layer)],
  }));
  const index = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociIndex,
    manifests: [{
      ...describe(mediaTypes.ociManifest, manifest),
      platform: { architecture: hostArchitecture(), os: 'linux' },
      annotations: { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': 'latest' },
    }],
  }));
  const path = (body: Buffer) => `blobs/${digestOf(body).replace(':', '/')}`;
  const blob = (body: Buffer) => ({ name: path(body), body });
  // What engines read that do not know OCI layouts.
  const dockerManifest = [{ Config: path(config), RepoTags: [familiarReference], Layers: [path(layer)] }];
  return archive([
    { name: 'manifest.json', body: Buffer.from(JSON.stringify(dockerManifest)) },
    { name: 'oci-layout', body: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    { name: 'index.json', body: index },
    ...[manifest, config, layer].map(blob),
  ]);
}

function write(output: string): void {
  const bytes = image(findBusybox());
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(`${output}.new`, bytes, { flush: true });
  renameSync(`${output}.new`, output);
  console.log(`${output}: ${reference}, ${bytes.length} bytes`);
}

try {
  write(process.argv[2] ?? fileURLToPath(new URL('../dist/embedded-image.tar', import.meta.url)));
} catch (error) {
  console.error(`embedded image: ${messageOf(error)}`);
  process.exitCode = 1;
}
