import { Readable } from 'node:stream';
import { GantryError, messageOf } from '../../base/errors.ts';
import { decompressed } from '../../host/files-decompress.ts';
import { configToWire } from '../../oci/image-config.ts';
import { formatPlatform, parsePlatform } from '../../oci/platform.ts';
import { redactUrl } from '../../registry/client/redact.ts';
import { applyChanges } from './changes.ts';
import type { ImageDeps } from './deps.ts';
import { makeImage } from './make-image.ts';
import { newName } from './new-name.ts';
import type { ImageVerbs, ImportOptions } from './verbs.ts';

/** An image of one layer, from a tar of a root filesystem. */
export function importVerb(deps: ImageDeps): ImageVerbs['import'] {
  return async (source, options) => {
    // Everything that can be refused is, before a byte is read.
    const name = newName(options.repository, options.tag);
    const platform = options.platform === undefined || options.platform === '' ? deps.host : parsePlatform(options.platform, deps.host);
    if (platform.os !== 'linux') throw new GantryError('invalid', `operating system ${platform.os} is not supported: ${formatPlatform(platform)}`);
    const config = configToWire(applyChanges({}, options.changes));
    const created = new Date().toISOString();
    const tar = source instanceof URL ? await downloaded(deps, source, options) : source;
    try {
      const image = await makeImage(deps, {
        purpose: 'import', tar: plain(tar), below: [], name, signal: options.signal,
        config: (diffId) => ({
          created, architecture: platform.architecture, os: platform.os, ...(platform.variant === undefined ? {} : { variant: platform.variant }), config,
          rootfs: { type: 'layers', diff_ids: [diffId] },
          history: [{ created, comment: options.message === '' ? 'Imported from -' : options.message }],
        }),
      });
      options.progress({ status: image.id });
      return image.id;
    } finally {
      tar.destroy();
    }
  };
}

/** The archive behind a URL, with Docker's lines about its way here. */
async function downloaded(deps: ImageDeps, url: URL, { progress, signal }: ImportOptions): Promise<Readable> {
  if (deps.registry === undefined) throw new GantryError('notImplemented', 'this engine was made without a registry client');
  const { body, sizeBytes } = await deps.registry.download(url, signal);
  progress({ status: `Downloading from ${redactUrl(url)}` });
  return Readable.from(metered(body, { url, draw: (current) => progress({ status: 'Importing', progress: { current, ...(sizeBytes === undefined ? {} : { total: sizeBytes }) } }) }), { objectMode: false });
}

/** A bar is drawn anew ten times a second at most. */
const quietMs = 100;

async function* metered(body: Readable, { url, draw }: { url: URL; draw: (currentBytes: number) => void }): AsyncGenerator<Buffer> {
  let [current, drawnMs] = [0, -Infinity];
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      current += chunk.length;
      if (performance.now() - drawnMs >= quietMs) {
        drawnMs = performance.now();
        draw(current);
      }
      yield chunk;
    }
  } catch (error) {
    throw new GantryError('unavailable', `cannot download ${redactUrl(url)}: ${messageOf(error)}`, { cause: error });
  }
  draw(current);
}

async function* plain(tar: Readable): AsyncGenerator<Uint8Array> {
  yield* (await decompressed(tar)).stream as AsyncIterable<Uint8Array>;
}
