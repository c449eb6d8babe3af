import type { KeyObject } from 'node:crypto';
import type { Digest } from '../../../oci/digest.ts';
import { fits } from './cosign.ts';

/** https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md: the statement that `cosign sign` makes; others attest other things. */
const signPredicate = 'https://sigstore.dev/cosign/sign/v1';
const statementType = 'application/vnd.in-toto+json';

interface Envelope { payloadType?: unknown; payload?: unknown; signatures?: unknown }
interface Statement { predicateType?: unknown; subject?: { digest?: { sha256?: unknown } }[] }

/** A Sigstore bundle as JSON, and the image that its statement says it signs. @throws when it is none */
export function readBundle(json: Buffer): { bundle: object; envelope: Envelope; claimed: string } {
  const bundle = JSON.parse(json.toString('utf8')) as { dsseEnvelope?: Envelope };
  const envelope = bundle.dsseEnvelope ?? {};
  if (envelope.payloadType !== statementType || typeof envelope.payload !== 'string') throw new Error('it signs no statement');
  const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as Statement;
  if (statement.predicateType !== signPredicate) throw new Error('its statement is not a signature');
  return { bundle, envelope, claimed: `sha256:${String(statement.subject?.[0]?.digest?.sha256)}` };
}

/**
 * Why a bundle that was signed with a key does not speak for an image; undefined when it does.
 * https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */
export function whyBundleNotSigned(json: Buffer, wanted: { digest: Digest; keys: readonly KeyObject[] }): string | undefined {
  try {
    const { envelope, claimed } = readBundle(json);
    const payload = Buffer.from(envelope.payload as string, 'base64');
    const signed = Buffer.concat([Buffer.from(`DSSEv1 ${statementType.length} ${statementType} ${payload.length} `), payload]);
    const signatures = (Array.isArray(envelope.signatures) ? envelope.signatures : []) as ({ sig?: unknown } | null)[];
    const isSigned = signatures.some((one) => typeof one?.sig === 'string' && wanted.keys.some((key) => fits(key, signed, Buffer.from(one.sig as string, 'base64'))));
    if (!isSigned) return 'no key of the policy made the signature';
    return claimed === wanted.digest ? undefined : `the signature is for ${claimed}`;
  } catch (error) {
    return `the signature cannot be used: ${(error as Error).message}`;
  }
}
