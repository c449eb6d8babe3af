import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { tarEnd, tarHeader, tarPadding, type TarOutput } from '../../../src/base/tar/encoder.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';

/** Archives made by hand, so that each test can spoil just one thing. */
export type Member = TarOutput & { body?: Buffer | string };

export function tarOf(members: readonly Member[]): Buffer {
  return Buffer.concat([...members.flatMap(({ body = '', ...entry }) => {
    const bytes = Buffer.from(body as string);
    return [tarHeader({ ...entry, size: bytes.length }), bytes, tarPadding(bytes.length)];
  }), tarEnd()]);
}

export function streamOf(bytes: Buffer): Readable {
  const pieces = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, index) => bytes.subarray(index * 65_536, (index + 1) * 65_536));
  return Readable.from(pieces, { objectMode: false });
}

export interface SampleOptions { text?: string; os?: string; architecture?: string; labels?: Record<string, string>; diffId?: string; created?: string; bytes?: number }

/** One layer that holds `hello`, its config and its manifest. */
export function sample(options: SampleOptions = {}) {
  const layer = tarOf([{ name: 'hello', body: options.text ?? 'hello' }, { name: 'filler', body: Buffer.alloc(options.bytes ?? 0, 'x') }]);
  const blob = gzipSync(layer, { level: 0 });
  const config = Buffer.from(JSON.stringify({
    created: options.created ?? '2020-01-01T00:00:00Z', architecture: options.architecture ?? 'amd64', os: options.os ?? 'linux',
    config: { Cmd: ['/hello'], Labels: options.labels ?? {} },
    rootfs: { type: 'layers', diff_ids: [options.diffId ?? digestOf(layer)] },
    history: [{ created: '2020-01-01T00:00:00Z', created_by: 'a step', empty_layer: true }, { created: '2020-01-01T00:00:00Z', created_by: 'hello' }],
  }));
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: mediaTypes.ociLayerGzip, digest: digestOf(blob), size: blob.length }],
  }));
  return { layer, blob, config, manifest, id: digestOf(config), architecture: options.architecture ?? 'amd64' };
}
export type Sample = ReturnType<typeof sample>;

export function blobMember(body: Buffer): Member {
  return { name: `blobs/${digestOf(body).replace(':', '/')}`, body };
}

export function describeManifest({ manifest, architecture }: Sample, name?: string): object {
  return {
    mediaType: mediaTypes.ociManifest, digest: digestOf(manifest), size: manifest.length, platform: { os: 'linux', architecture },
    ...(name === undefined ? {} : { annotations: { 'io.containerd.image.name': name } }),
  };
}

export function indexOf(manifests: readonly object[]): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
}

export function layoutMembers(index: Buffer, samples: readonly Sample[]): Member[] {
  return [
    { name: 'oci-layout', body: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', body: index },
    ...samples.flatMap(({ blob, config, manifest }) => [blob, config, manifest].map(blobMember)),
  ];
}

/** As `docker save` wrote it before version 25: a folder a layer. */
export function dockerArchive(image: Sample, tags: string[]): Member[] {
  return [
    { name: 'abc/', type: 'directory' },
    { name: 'abc/VERSION', body: '1.0' },
    { name: 'abc/json', body: '{}' },
    { name: 'abc/layer.tar', body: image.layer },
    { name: `${image.id.slice(7)}.json`, body: image.config },
    { name: 'manifest.json', body: JSON.stringify([{ Config: `${image.id.slice(7)}.json`, RepoTags: tags, Layers: ['abc/layer.tar'] }]) },
    { name: 'repositories', body: '{}' },
  ];
}
