import { tarEnd, tarHeader, tarPadding } from '../../src/base/tar/encoder.ts';
import { digestOf } from '../../src/oci/digest.ts';

/** A tar of files with these texts. */
export function tarOfFiles(files: Readonly<Record<string, string | Buffer>>): Buffer {
  return Buffer.concat([...Object.entries(files).flatMap(([name, body]) => {
    const bytes = Buffer.from(body);
    return [tarHeader({ name, size: bytes.length }), bytes, tarPadding(bytes.length)];
  }), tarEnd()]);
}

/** As `docker save` wrote it before version 25: an image of one layer, with nothing in its config but what is needed. */
export function archiveOf(layer: Buffer, tags: readonly string[] | null, config: Record<string, unknown> = {}): Buffer {
  const json = JSON.stringify({ created: '2020-01-01T00:00:00Z', architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [digestOf(layer)] }, ...config });
  const name = `${digestOf(json).slice(7)}.json`;
  return tarOfFiles({ [name]: json, 'layer/layer.tar': layer, 'manifest.json': JSON.stringify([{ Config: name, RepoTags: tags, Layers: ['layer/layer.tar'] }]) });
}
