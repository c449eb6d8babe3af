import { createHash } from 'node:crypto';
import { GantryError } from '../../base/errors.ts';
import { TarDecoder } from '../../base/tar/decoder.ts';
import { plainChunks } from '../../host/files-decompress.ts';
import type { Digest } from '../../oci/digest.ts';
import { readLayerFile, type LayerFile } from './growth.ts';
import { Extractor, type ExtractOptions } from './extract.ts';

export interface ExtractJobOptions extends Pick<ExtractOptions, 'whiteouts' | 'into' | 'owner' | 'keepKinds'> {
  maxBytes: number;
  cancelled: () => boolean;
}

export interface Extracted {
  tarDigest: Digest;
  tarBytes: number;
  unpackedBytes: number;
  /** See ImpliedDirectories. */
  implied: readonly string[];
}

/** Extracts a whole stream (compressed or not) into `directory`, hashing the plain tar on the way. */
export async function extractStream(source: AsyncIterable<Buffer>, directory: string, options: ExtractJobOptions): Promise<Extracted> {
  const extractor = new Extractor(directory, options);
  const decoder = new TarDecoder(extractor);
  const hash = createHash('sha256');
  let tarBytes = 0;
  try {
    const plain = await plainChunks(source);
    try {
      for await (const chunk of plain.chunks) {
        if (options.cancelled()) throw new GantryError('cancelled', 'extraction was cancelled');
        hash.update(chunk);
        tarBytes += chunk.length;
        decoder.write(chunk);
      }
    } finally {
      await plain.close();
    }
    decoder.end();
    extractor.finish();
  } finally {
    extractor.close();
  }
  return { tarDigest: `sha256:${hash.digest('hex')}`, tarBytes, unpackedBytes: extractor.unpackedBytes, implied: extractor.implied.paths };
}

export function extractFile(file: LayerFile, directory: string, options: ExtractJobOptions): Promise<Extracted> {
  return extractStream(readLayerFile(file, options.cancelled), directory, options);
}
