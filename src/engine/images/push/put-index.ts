import { Readable } from 'node:stream';
import { GantryError } from '../../../base/errors.ts';
import { maxManifestBytes, readManifestOrIndex } from '../../../oci/manifest.ts';
import { parseReference, withDefaultTag, type Reference } from '../../../oci/reference.ts';
import type { RegistryClient } from '../../../registry/client/client.ts';
import type { Repository } from '../../../registry/client/manifests.ts';
import type { ImageDeps } from '../deps.ts';
import { registryOf } from '../pull.ts';
import { registryError } from '../pull/pull-error.ts';
import type { RegistryVerbs } from '../verbs.ts';

/** `manifest push`: members first, the index last. */
export function putIndexVerb(deps: ImageDeps): RegistryVerbs['putIndex'] {
  return async (text, { mediaType, bytes, members }, { auth, signal, insecure = false }) => {
    const reference = withDefaultTag(parseReference(text));
    if (bytes.length > maxManifestBytes || readManifestOrIndex(bytes, 'the manifest list').kind !== 'index') throw new GantryError('invalid', 'the manifest list is none');
    const target: Repository = { registry: reference.domain, name: reference.path };
    const { client, release } = registryOf(deps, reference, 'push').connect(reference.domain, auth, { insecure });
    try {
      for (const member of members.map(parseReference)) await bring(client, target, { member, signal });
      return await client.putManifest(target, { reference: reference.digest ?? reference.tag!, mediaType, bytes, signal });
    } catch (error) {
      throw registryError(error);
    } finally {
      release();
    }
  };
}

/** A member that lies in another repository is copied: its blobs mounted, or read and sent where the registry mounts nothing. */
async function bring(client: RegistryClient, target: Repository, { member, signal }: { member: Reference; signal: AbortSignal }): Promise<void> {
  if (member.domain !== target.registry) throw new GantryError('invalid', `cannot use source images from a different registry than the target image: ${member.domain} != ${target.registry}`);
  if (member.digest === undefined) throw new GantryError('invalid', 'a member of a manifest list is named by its digest');
  const source: Repository = { registry: member.domain, name: member.path };
  const { bytes, descriptor } = await client.getManifest(source, member.digest, signal);
  if (member.path === target.name) return;
  const found = readManifestOrIndex(bytes, `manifest ${member.digest}`);
  const parts = found.kind === 'manifest' ? [found.manifest.config, ...found.manifest.layers] : [];
  for (const part of parts) {
    await client.pushBlob({
      repository: target, descriptor: part, mountFrom: [source.name], signal,
      source: { read: async (_digest, range) => upTo(client.openBlob({ repository: source, descriptor: part, offset: range?.start ?? 0, signal }), (range?.end ?? part.size - 1) - (range?.start ?? 0) + 1) },
    });
  }
  await client.putManifest(target, { reference: member.digest, mediaType: descriptor.mediaType, bytes, signal });
}

function upTo(stream: Readable, bytes: number): Readable {
  return Readable.from((async function* cut() {
    let left = bytes;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (left <= 0) return;
      yield chunk.subarray(0, left);
      left -= chunk.length;
    }
  })(), { objectMode: false });
}
