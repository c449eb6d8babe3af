import type { KeyObject } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { GantryError, hasKind, messageOf } from '../../../base/errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { Digest } from '../../../oci/digest.ts';
import { readManifestOrIndex } from '../../../oci/manifest.ts';
import { familiarName, repositoryOf, type Reference } from '../../../oci/reference.ts';
import type { RegistryClient } from '../../../registry/client/client.ts';
import type { ImageDeps } from '../deps.ts';
import { whyBundleNotSigned } from './bundle.ts';
import { certificateAnnotation, logEntryAnnotation, payloadMediaType, signatureAnnotation, signatureArtifactType, whyNotSigned, type CosignSignature } from './cosign.ts';
import type { KeylessSignature } from './keyless.ts';
import { ruleFor, type SignatureRule } from './policy.ts';

export interface SignedImage { client: RegistryClient; reference: Reference; digest: Digest; signal: AbortSignal }

/** More signatures than these are not looked at: each costs requests. */
const maxSignatures = 50;
const maxPayloadBytes = 1 << 20;
/** Of the layer, and of the artifact: https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md */
const bundleMediaType = /^application\/vnd\.dev\.sigstore\.bundle\.v0\.\d+\+json$/;

/** Lets an image pass that the policy lets pass. @throws forbidden, saying why */
export async function checkSignatures(deps: Pick<ImageDeps, 'registry'>, image: SignedImage): Promise<void> {
  const repository = repositoryOf(image.reference);
  const rule = ruleFor(deps.registry?.signatures ?? [], repository);
  if (rule?.keys === undefined) return;
  const refuse = (why: string): GantryError => new GantryError('forbidden', `image ${familiarName(image.reference)} (${image.digest}) is refused by the signature policy for ${JSON.stringify(rule.prefix)}: ${why}`);
  if (rule.keys.length === 0 && rule.keyless === undefined) throw refuse('it rejects everything');
  const reasons: string[] = [];
  for await (const signature of signaturesOf(image, reasons)) {
    const why = await whyRefused(signature, { digest: image.digest, rule: { ...rule, keys: rule.keys } });
    if (why.length === 0) return;
    reasons.push(...why);
  }
  throw refuse(reasons.length === 0 ? 'it is not signed' : [...new Set(reasons)].join('; '));
}

/** None when one way of the rule accepts it. */
async function whyRefused(found: KeylessSignature, { digest, rule }: { digest: Digest; rule: SignatureRule & { keys: KeyObject[] } }): Promise<string[]> {
  const wanted = { digest, keys: rule.keys };
  const byKey = rule.keys.length === 0 ? [] : [found.kind === 'bundle' ? whyBundleNotSigned(found.json, wanted) : whyNotSigned(found.signature, wanted)];
  if (byKey.includes(undefined)) return [];
  if (rule.keyless === undefined) return byKey as string[];
  // Loaded where somebody wants it: the verifier weighs a tenth of a second.
  const { whyNotKeyless } = await import('./keyless.ts');
  const why = whyNotKeyless(found, { digest, rule: rule.keyless });
  return why === undefined ? [] : [...byKey as string[], why];
}

/** Where cosign puts signatures: the tag `sha256-<hex>.sig`, and artifacts that refer to the image. */
async function* signaturesOf(image: SignedImage, reasons: string[]): AsyncGenerator<KeylessSignature> {
  let count = 0;
  for await (const manifest of signatureManifests(image, reasons)) {
    for (const layer of manifest) {
      const signatureBase64 = layer.annotations?.[signatureAnnotation];
      const isBundle = bundleMediaType.test(layer.mediaType);
      if (!isBundle && (layer.mediaType !== payloadMediaType || signatureBase64 === undefined)) continue;
      if (++count > maxSignatures || layer.size > maxPayloadBytes) return;
      const { client, reference, signal } = image;
      const bytes = await buffer(client.openBlob({ repository: { registry: reference.domain, name: reference.path }, descriptor: layer, signal })).catch(unusable(reasons));
      if (bytes === undefined) continue;
      yield isBundle ? { kind: 'bundle', json: bytes } : { kind: 'annotated', signature: signatureOf(layer, bytes) };
    }
  }
}

function signatureOf({ annotations = {} }: Descriptor, payload: Buffer): CosignSignature {
  const [certificatePem, logEntryJson] = [annotations[certificateAnnotation], annotations[logEntryAnnotation]];
  return { payload, signatureBase64: annotations[signatureAnnotation]!, ...(certificatePem === undefined ? {} : { certificatePem }), ...(logEntryJson === undefined ? {} : { logEntryJson }) };
}

async function* signatureManifests({ client, reference, digest, signal }: SignedImage, reasons: string[]): AsyncGenerator<Descriptor[]> {
  const repository = { registry: reference.domain, name: reference.path };
  const read = async (name: string): Promise<Descriptor[]> => {
    const { bytes } = await client.getManifest(repository, name, signal);
    const found = readManifestOrIndex(bytes, `signature ${name}`);
    return found.kind === 'manifest' ? found.manifest.layers : [];
  };
  const readable = async (name: string): Promise<Descriptor[]> => await read(name).catch(nothingThere).catch(unusable(reasons)) ?? [];
  yield await readable(`${digest.replace(':', '-')}.sig`);
  const all = await client.listReferrers(repository, { digest, signal }).catch(nothingThere) ?? [];
  const referrers = all.filter(({ artifactType = '' }) => artifactType === signatureArtifactType || bundleMediaType.test(artifactType));
  for (const referrer of referrers.slice(0, maxSignatures)) yield await readable(referrer.digest);
}

function nothingThere(error: unknown): undefined {
  if (!hasKind(error, 'notFound')) throw error;
}

/** Whoever may push can put something broken beside a signature: that is a reason, not an end. */
function unusable(reasons: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!hasKind(error, 'invalid') && !hasKind(error, 'notFound')) throw error;
    reasons.push(messageOf(error));
  };
}
