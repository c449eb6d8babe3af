import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tarEnd, tarHeader, tarPadding } from '../../src/base/tar/encoder.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { createRegistryClient, type RegistryClient } from '../../src/registry/client/client.ts';
import { createRegistryServer } from '../../src/registry/server/server.ts';
import { createFilesystemStorage } from '../../src/registry/server/storage/filesystem.ts';

/** The images that are pulled: repository and tag, and the digests of their layers. */
export interface PulledImage { name: string; layers: string[] }
export interface PulledImages { files: PulledImage; changed: PulledImage; large: PulledImage }

const layerCount = 20;
const filesEach = 2500;
const largeBytes = 1 << 30;

/** A registry's folder with the images, made once a machine: about a minute. */
export async function prepareImages(cache: string): Promise<{ root: string; images: PulledImages }> {
  const root = join(cache, 'registry');
  const noteFile = join(cache, 'images-2.json');
  if (existsSync(noteFile)) return { root, images: JSON.parse(readFileSync(noteFile, 'utf8')) as PulledImages };
  rmSync(root, { recursive: true, force: true });
  const server = createServer(createRegistryServer({ storage: createFilesystemStorage(root) }).handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = createRegistryClient({});
  const publish = new Publisher(client, `127.0.0.1:${(server.address() as AddressInfo).port}`, cache);
  try {
    const layers: Layer[] = [];
    for (let index = 0; index < layerCount; index++) layers.push(await publish.layer('bench/files', manyFiles(index)));
    const images = {
      files: await publish.image('bench/files', 'v1', layers),
      changed: await publish.image('bench/files', 'v2', [...layers.slice(0, -1), await publish.layer('bench/files', manyFiles(layerCount))]),
      large: await publish.image('bench/large', 'v1', [await publish.layer('bench/large', oneLargeFile())]),
    };
    writeFileSync(`${noteFile}.new`, JSON.stringify(images));
    renameSync(`${noteFile}.new`, noteFile);
    return { root, images };
  } finally {
    client.close();
    server.closeAllConnections();
    server.close();
  }
}

/** 2,500 files of 2.5 KB in 50 directories: as libraries of a language lie in a layer. */
function* manyFiles(layer: number): Generator<Buffer> {
  for (let index = 0; index < filesEach; index++) {
    const directory = `layer-${layer}/module-${index % 50}/`;
    if (index < 50) yield tarHeader({ name: directory, type: 'directory', mode: 0o755 });
    const body = Buffer.concat([randomBytes(1000), Buffer.alloc(1500, `file ${index} `)]);
    yield Buffer.concat([tarHeader({ name: `${directory}file-${index}.js`, size: body.length }), body, tarPadding(body.length)]);
  }
  yield tarEnd();
}

/** 1 GB that gzip makes about two thirds of. */
function* oneLargeFile(): Generator<Buffer> {
  yield tarHeader({ name: 'large', size: largeBytes });
  const piece = 1 << 20;
  for (let at = 0; at < largeBytes; at += piece) yield Buffer.concat([randomBytes(piece * 0.625), Buffer.alloc(piece * 0.375, 'x')]);
  yield tarEnd();
}

interface Layer { diffId: string; digest: Digest; size: number }

class Publisher {
  readonly #client: RegistryClient;
  readonly #host: string;
  readonly #cache: string;

  constructor(client: RegistryClient, host: string, cache: string) {
    this.#client = client;
    this.#host = host;
    this.#cache = cache;
  }

  async image(name: string, tag: string, made: Layer[]): Promise<PulledImage> {
    const repository = { registry: this.#host, name };
    const config = Buffer.from(JSON.stringify({ architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: made.map(({ diffId }) => diffId) } }));
    const descriptor = { digest: digestOf(config), size: config.length };
    writeFileSync(join(this.#cache, 'blob'), config);
    await this.#push(repository, descriptor);
    const manifest = Buffer.from(JSON.stringify({
      schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config: { mediaType: mediaTypes.dockerConfig, ...descriptor },
      layers: made.map(({ digest, size }) => ({ mediaType: mediaTypes.dockerLayerGzip, digest, size })),
    }));
    await this.#client.putManifest(repository, { reference: tag, mediaType: mediaTypes.dockerManifest, bytes: manifest });
    return { name: `${name}:${tag}`, layers: made.map(({ digest }) => digest) };
  }

  /** A layer is compressed in members of 16 MB, which gzip's format allows: nothing is held whole but the digests' input. */
  async layer(name: string, pieces: Iterable<Buffer>): Promise<Layer> {
    const { createHash } = await import('node:crypto');
    const [plain, packed] = [createHash('sha256'), createHash('sha256')];
    const file = openSync(join(this.#cache, 'blob'), 'w');
    let size = 0;
    let waiting: Buffer[] = [];
    const flush = (): void => {
      const bytes = gzipSync(Buffer.concat(waiting), { level: 6 });
      waiting = [];
      packed.update(bytes);
      size += writeSync(file, bytes);
    };
    for (const piece of pieces) {
      plain.update(piece);
      waiting.push(piece);
      if (waiting.reduce((sum, { length }) => sum + length, 0) >= 16 << 20) flush();
    }
    if (waiting.length > 0) flush();
    closeSync(file);
    if (size === 0) throw new Error('a layer without bytes is no layer to measure');
    const digest = `sha256:${packed.digest('hex')}` as const;
    await this.#push({ registry: this.#host, name }, { digest, size });
    return { diffId: `sha256:${plain.digest('hex')}`, digest, size };
  }

  async #push(repository: { registry: string; name: string }, descriptor: { digest: Digest; size: number }): Promise<void> {
    const source = { read: async (_digest: string, range?: { start: number; end?: number }) => createReadStream(join(this.#cache, 'blob'), range) };
    await this.#client.pushBlob({ repository, descriptor, source });
  }
}
