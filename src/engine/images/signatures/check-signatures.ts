import { buffer } from 'node:stream/consumers';
import { GantryError, hasKind } from '../../../base/errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { Digest } from '../../../oci/digest.ts';
import { readManifestOrIndex } from '../../../oci/manifest.ts';
import { familiarName, repositoryOf, type Reference } from '../../../oci/reference.ts';
import type { RegistryClient } from '../../../registry/client/client.ts';
import type { ImageDeps } from '../deps.ts';
import { payloadMediaType, signatureAnnotation, signatureArtifactType, whyNotSigned, type CosignSignature } from './cosign.ts';
import { ruleFor } from './policy.ts';

export interface SignedImage { client: RegistryClient; reference: Reference; digest: Digest; signal: AbortSignal }

/** More signatures than these are not looked at: each costs requests. */
const maxSignatures = 50;
const maxPayloadBytes = 1 << 20;

/** Lets an image pass that the policy lets pass. @throws forbidden, saying why */
export async function checkSignatures(deps: Pick<ImageDeps, 'registry'>, image: SignedImage): Promise<void> {
  const repository = repositoryOf(image.reference);
  const rule = ruleFor(deps.registry?.signatures ?? [], repository);
  if (rule?.keys === undefined) return;
  const refuse = (why: string): GantryError => new GantryError('forbidden', `image ${familiarName(image.reference)} (${image.digest}) is refused by the signature policy for ${JSON.stringify(rule.prefix)}: ${why}`);
  if (rule.keys.length === 0) throw refuse('it rejects everything');
  const reasons: string[] = [];
  for await (const signature of signaturesOf(image)) {
    const why = whyNotSigned(signature, { digest: image.digest, repository, keys: rule.keys });
    if (why === undefined) return;
    reasons.push(why);
  }
  throw refuse(reasons.length === 0 ? 'it is not signed' : [...new Set(reasons)].join('; '));
}

/** Where cosign puts signatures: the tag `sha256-<hex>.sig`, and artifacts that refer to the image. */
async function* signaturesOf(image: SignedImage): AsyncGenerator<CosignSignature> {
  let count = 0;
  for await (const manifest of signatureManifests(image)) {
    for (const layer of manifest) {
      const signatureBase64 = layer.annotations?.[signatureAnnotation];
      if (layer.mediaType !== payloadMediaType || signatureBase64 === undefined) continue;
      if (++count > maxSignatures || layer.size > maxPayloadBytes) return;
      const { client, reference, signal } = image;
      const payload = await buffer(client.openBlob({ repository: { registry: reference.domain, name: reference.path }, descriptor: layer, signal }));
      yield { payload, signatureBase64 };
    }
  }
}

async function* signatureManifests({ client, reference, digest, signal }: SignedImage): AsyncGenerator<Descriptor[]> {
  const repository = { registry: reference.domain, name: reference.path };
  const read = async (name: string): Promise<Descriptor[]> => {
    const { bytes } = await client.getManifest(repository, name, signal);
    const found = readManifestOrIndex(bytes, `signature ${name}`);
    return found.kind === 'manifest' ? found.manifest.layers : [];
  };
  const tagged = await read(`${digest.replace(':', '-')}.sig`).catch(nothingThere);
  if (tagged !== undefined) yield tagged;
  const referrers = await client.listReferrers(repository, { digest, artifactType: signatureArtifactType, signal }).catch(nothingThere) ?? [];
  for (const referrer of referrers.slice(0, maxSignatures)) yield await read(referrer.digest);
}

function nothingThere(error: unknown): undefined {
  if (!hasKind(error, 'notFound')) throw error;
}
