import { verify, type KeyObject } from 'node:crypto';
import type { Digest } from '../../../oci/digest.ts';

/** Of the layer that holds the signed payload. https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md */
export const signatureAnnotation = 'dev.cosignproject.cosign/signature';
export const payloadMediaType = 'application/vnd.dev.cosign.simplesigning.v1+json';
export const signatureArtifactType = 'application/vnd.dev.cosign.artifact.sig.v1+json';

export interface CosignSignature {
  payload: Buffer;
  signatureBase64: string;
  /** Of a keyless signature. */
  certificatePem?: string;
  /** Rekor's promise that the signature is in its log, and the entry. */
  logEntryJson?: string;
}

export const certificateAnnotation = 'dev.sigstore.cosign/certificate';
export const logEntryAnnotation = 'dev.sigstore.cosign/bundle';

/** Why a signature does not speak for an image; undefined when it does. */
export function whyNotSigned({ payload, signatureBase64 }: CosignSignature, wanted: { digest: Digest; keys: readonly KeyObject[] }): string | undefined {
  const signature = Buffer.from(signatureBase64, 'base64');
  if (!wanted.keys.some((key) => fits(key, payload, signature))) return 'no key of the policy made the signature';
  const claimed = claimedDigest(payload);
  if (claimed === undefined) return 'the signed payload is not a cosign claim';
  if (claimed !== wanted.digest) return `the signature is for ${claimed}`;
  return undefined;
}

export function fits(key: KeyObject, payload: Buffer, signature: Buffer): boolean {
  try {
    // Ed25519 and Ed448 hash by themselves.
    const algorithm = key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyType === 'ed448' ? null : 'sha256';
    return verify(algorithm, payload, key, signature);
  } catch {
    return false;
  }
}

/** The image that a payload says it signs. https://github.com/containers/image/blob/main/docs/containers-signature.5.md */
export function claimedDigest(payload: Buffer): string | undefined {
  try {
    const { critical } = JSON.parse(payload.toString('utf8')) as { critical?: { type?: unknown; image?: Record<string, unknown> } };
    const digest = critical?.image?.['docker-manifest-digest'];
    return critical?.type === 'cosign container image signature' && typeof digest === 'string' ? digest : undefined;
  } catch {
    return undefined;
  }
}
