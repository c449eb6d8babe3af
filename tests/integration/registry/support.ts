import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { RegistryClient } from '../../../src/registry/client/client.ts';
import { serveRegistry, type RunningRegistry, type ServeOptions } from '../../../src/registry/server/serve.ts';

export interface TestRegistry extends RunningRegistry, AsyncDisposable {
  root: string;
  /** `127.0.0.1:port`. */
  host: string;
  url: string;
}

/** A registry of ours on loopback, in a folder of its own. */
export async function startRegistry(options: Partial<ServeOptions> = {}): Promise<TestRegistry> {
  const root = options.root ?? await temporaryFolder();
  const starting = serveRegistry({
    address: { host: '127.0.0.1', port: 0 }, root, anonymousPull: false, readOnly: false, collectEveryMs: 0, removeUntagged: false, log: silentLog, ...options,
  });
  const running = await starting.catch(async (error: unknown) => {
    if (options.root === undefined) await rm(root, { recursive: true, force: true });
    throw error;
  });
  const host = `127.0.0.1:${running.port}`;
  return {
    ...running, root, host, url: `${options.tls === undefined ? 'http' : 'https'}://${host}`,
    async [Symbol.asyncDispose]() {
      await running.close();
      if (options.root === undefined) await rm(root, { recursive: true, force: true });
    },
  };
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'gantry-registry-'));
}

/** A server that answers as a test wants: the hostile registry. */
export async function startFake(listener: RequestListener): Promise<AsyncDisposable & { host: string; url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    requests.push(request);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host, url: `http://${host}`, requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Blobs in memory as source of a push. */
export function memorySource(...blobs: Buffer[]): { read: (digest: Digest, range?: { start: number; end?: number }) => Promise<Readable> } {
  const known = new Map(blobs.map((bytes) => [digestOf(bytes), bytes]));
  return {
    async read(digest, range) {
      const bytes = known.get(digest)!;
      const part = bytes.subarray(range?.start ?? 0, (range?.end ?? bytes.length - 1) + 1);
      return Readable.from((function* pieces() {
        for (let at = 0; at < part.length; at += 65_536) yield part.subarray(at, at + 65_536);
      })(), { objectMode: false });
    },
  };
}

export interface TestImage { config: Buffer; layer: Buffer; manifest: Buffer; digest: Digest }

export function makeImage(seed = 'x', extra: Record<string, unknown> = {}): TestImage {
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(`layer ${seed}`)] } }));
  const layer = Buffer.from(`layer ${seed}`);
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: mediaTypes.ociLayer, digest: digestOf(layer), size: layer.length }],
    ...extra,
  }));
  return { config, layer, manifest, digest: digestOf(manifest) };
}

export async function pushImage(client: RegistryClient, target: { host: string; name: string; reference: string }, image: TestImage): Promise<void> {
  const repository = { registry: target.host, name: target.name };
  for (const bytes of [image.config, image.layer]) {
    await client.pushBlob({ repository, descriptor: { digest: digestOf(bytes), size: bytes.length }, source: memorySource(bytes) });
  }
  await client.putManifest(repository, { reference: target.reference, mediaType: mediaTypes.ociManifest, bytes: image.manifest });
}

/** No waiting where a test is about failing. */
export const impatient = { retry: { attempts: 2, firstPauseMs: 1, longestPauseMs: 1 } };
