import { X509Certificate, createHash } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { messageOf } from '../../../base/errors.ts';
import type { Digest } from '../../../oci/digest.ts';
import { readBundle } from './bundle.ts';
import { claimedDigest, type CosignSignature } from './cosign.ts';
import type { KeylessRule } from './policy.ts';

/** What a registry holds: cosign's payload with certificate and log entry in annotations, or a Sigstore bundle. */
export type KeylessSignature = { kind: 'annotated'; signature: CosignSignature } | { kind: 'bundle'; json: Buffer };

/**
 * Why a signature by a short-lived certificate does not speak for an image; undefined when it does: the certificate leads to the trust root and
 * names one of the identities, and the root's log or clock vouches that it was valid when it signed.
 */
export function whyNotKeyless(found: KeylessSignature, { digest, rule }: { digest: Digest; rule: KeylessRule }): string | undefined {
  try {
    const { bundle, artifact, claimed } = found.kind === 'bundle' ? { ...readBundle(found.json), artifact: undefined } : annotated(found.signature);
    const entity = toSignedEntity(bundleFromJSON(bundle), artifact);
    const why = whyNotTrusted(entity, rule);
    if (why !== undefined) return why;
    return claimed === digest ? undefined : `the signature is for ${claimed}`;
  } catch (error) {
    return `the signature cannot be used: ${messageOf(error)}`;
  }
}

/** One identity must fit, so each is tried; what is wrong with the rest of the signature is wrong for all of them. */
function whyNotTrusted(entity: ReturnType<typeof toSignedEntity>, { trustedRoot, identities }: KeylessRule): string | undefined {
  const root = TrustedRoot.fromJSON(trustedRoot);
  const verifier = new Verifier(toTrustMaterial(root), { ctlogThreshold: Math.min(1, root.ctlogs.length), tlogThreshold: Math.min(1, root.tlogs.length), timestampThreshold: 1 });
  const reasons = new Set<string>();
  for (const { issuer, subjectPattern } of identities) {
    try {
      verifier.verify(entity, { subjectAlternativeName: `^(?:${subjectPattern})$`, extensions: { issuer } });
      return undefined;
    } catch (error) {
      reasons.add(messageOf(error));
    }
  }
  return [...reasons].join('; ');
}

interface Claim { bundle: object; artifact: Buffer; claimed: string }

/** Puts cosign's annotations in the form of a bundle. */
function annotated({ payload, signatureBase64, certificatePem, logEntryJson }: CosignSignature): Claim {
  if (certificatePem === undefined) throw new Error('it was made with a key, not with a certificate');
  if (logEntryJson === undefined) throw new Error('no entry of a transparency log comes with it');
  const { SignedEntryTimestamp: promise, Payload: entry } = JSON.parse(logEntryJson) as { SignedEntryTimestamp: string; Payload: { body: string; integratedTime: number; logIndex: number; logID: string } };
  const { kind, apiVersion } = JSON.parse(Buffer.from(entry.body, 'base64').toString('utf8')) as { kind: string; apiVersion: string };
  const claimed = claimedDigest(payload);
  if (claimed === undefined) throw new Error('the signed payload is not a cosign claim');
  return {
    artifact: payload,
    claimed,
    bundle: {
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
      verificationMaterial: {
        x509CertificateChain: { certificates: [{ rawBytes: new X509Certificate(certificatePem).raw.toString('base64') }] },
        tlogEntries: [{
          logIndex: String(entry.logIndex), logId: { keyId: Buffer.from(entry.logID, 'hex').toString('base64') }, kindVersion: { kind, version: apiVersion },
          integratedTime: String(entry.integratedTime), inclusionPromise: { signedEntryTimestamp: promise }, canonicalizedBody: entry.body,
        }],
      },
      messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest: createHash('sha256').update(payload).digest('base64') }, signature: signatureBase64 },
    },
  };
}
