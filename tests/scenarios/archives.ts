import { tarEnd, tarHeader, tarPadding } from '../../src/base/tar/encoder.ts';
import { digestOf } from '../../src/oci/digest.ts';

/** A file with a text, or a symbolic link. */
export type Member = { path: string; text: string } | { path: string; link: string };

export interface ArchiveOptions {
  name: string;
  architecture?: string;
  /** The layer's last byte differs from what its digest was made of. */
  corruptLayer?: boolean;
  /** The second half is missing. */
  truncate?: boolean;
  withoutManifest?: boolean;
}

/** What `docker save` writes, of one layer with these members. */
export function imageArchive(members: readonly Member[], options: ArchiveOptions): Buffer {
  const layer = tar(members);
  const config = JSON.stringify({
    created: '2020-01-01T00:00:00Z', architecture: options.architecture ?? 'amd64', os: 'linux', config: { Cmd: ['true'] },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  });
  const manifest = JSON.stringify([{ Config: 'config.json', RepoTags: [`${options.name}:latest`], Layers: ['layer.tar'] }]);
  const said = options.corruptLayer === true ? spoiled(layer) : layer;
  const archive = tar([
    { path: 'config.json', text: config }, { path: 'layer.tar', text: said.toString('latin1') },
    ...(options.withoutManifest === true ? [] : [{ path: 'manifest.json', text: manifest }]),
  ]);
  return options.truncate === true ? archive.subarray(0, archive.length >> 1) : archive;
}

/** Changes a byte of the first member's text. */
function spoiled(layer: Buffer): Buffer {
  const other = Buffer.from(layer);
  other[512] = (other[512] ?? 0) ^ 1;
  return other;
}

function tar(members: readonly Member[]): Buffer {
  return Buffer.concat([...members.flatMap((member) => {
    if ('link' in member) return [tarHeader({ name: member.path, type: 'symlink', linkName: member.link, mode: 0o777 })];
    const body = Buffer.from(member.text, 'latin1');
    return [tarHeader({ name: member.path, size: body.length, mode: 0o755 }), body, tarPadding(body.length)];
  }), tarEnd()]);
}
