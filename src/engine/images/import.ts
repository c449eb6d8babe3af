import type { Readable } from 'node:stream';
import { GantryError } from '../../base/errors.ts';
import { decompressed } from '../../host/files-decompress.ts';
import { configToWire } from '../../oci/image-config.ts';
import { formatPlatform, parsePlatform } from '../../oci/platform.ts';
import { parseReference, withDefaultTag, type Reference } from '../../oci/reference.ts';
import { applyChanges } from './changes.ts';
import type { ImageDeps } from './deps.ts';
import { makeImage } from './make-image.ts';
import type { ImageVerbs, ImportOptions } from './verbs.ts';

/** An image of one layer, from a tar of a root filesystem. */
export function importVerb(deps: ImageDeps): ImageVerbs['import'] {
  return async (tar, options) => {
    // Everything that can be refused is, before a byte is read.
    const name = nameOf(options);
    const platform = options.platform === undefined || options.platform === '' ? deps.host : parsePlatform(options.platform, deps.host);
    if (platform.os !== 'linux') throw new GantryError('invalid', `operating system ${platform.os} is not supported: ${formatPlatform(platform)}`);
    const config = configToWire(applyChanges({}, options.changes));
    const created = new Date().toISOString();
    try {
      const image = await makeImage(deps, {
        purpose: 'import', tar: plain(tar), below: [], name, event: 'import', signal: options.signal,
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

async function* plain(tar: Readable): AsyncGenerator<Uint8Array> {
  yield* (await decompressed(tar)).stream as AsyncIterable<Uint8Array>;
}

function nameOf({ repository, tag }: ImportOptions): Reference | undefined {
  if (repository === '') return undefined;
  const reference = parseReference(tag === '' ? repository : `${repository}:${tag}`);
  if (reference.digest !== undefined) throw new GantryError('invalid', 'cannot import digest reference');
  return withDefaultTag(reference);
}
