import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '../../../src/oci/digest.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { keyIdOf, reissue, type Reissue, type StampLog } from './reissue.ts';

export interface Signed { manifest: Buffer; blobs: Buffer[] }

/** An authority and a transparency log of a test's own: what Fulcio and Rekor are to Sigstore. */
export class SigstoreMaker implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gantry-sigstore-'));
  readonly #log = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  #count = 0;
  /** The certificate-transparency log that the root trusts; without one, no stamps are asked for. */
  stamps: StampLog | undefined;
  /** What each certificate is changed to when it is made. */
  certificates: Reissue = {};
  /** When the log says that it saw a signature. */
  loggedAtMs: number | undefined;

  constructor() {
    this.#openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/O=gantry-test/CN=authority',
      '-addext', 'basicConstraints=critical,CA:true,pathlen:1', '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
    // An authority was there before the certificates that it gives.
    const pem = readFileSync(join(this.#folder, 'ca.pem'), 'utf8');
    const dayMs = 86_400_000;
    writeFileSync(join(this.#folder, 'ca.pem'), reissue(pem, this.#authority, { valid: { from: new Date(Date.now() - dayMs), to: new Date(Date.now() + dayMs) } }));
  }

  get #authority(): { certificate: X509Certificate; key: KeyObject } {
    const read = (name: string): Buffer => readFileSync(join(this.#folder, name));
    return { certificate: new X509Certificate(read('ca.pem')), key: createPrivateKey(read('ca.key')) };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'pipe' });
  }

  get #logId(): Buffer {
    return createHash('sha256').update(this.#logKey).digest();
  }

  get #logKey(): Buffer {
    return this.#log.publicKey.export({ type: 'spki', format: 'der' });
  }

  /** The content of a `trusted_root.json`. */
  get trustedRoot(): string {
    const validFor = { start: '2020-01-01T00:00:00Z' };
    return JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [{ baseUrl: 'https://rekor.invalid', hashAlgorithm: 'SHA2_256', publicKey: { rawBytes: this.#logKey.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor }, logId: { keyId: this.#logId.toString('base64') } }],
      certificateAuthorities: [{
        subject: { organization: 'gantry-test', commonName: 'authority' }, uri: 'https://fulcio.invalid', validFor,
        certChain: { certificates: [{ rawBytes: new X509Certificate(readFileSync(join(this.#folder, 'ca.pem'))).raw.toString('base64') }] },
      }],
      ctlogs: this.stamps === undefined ? [] : [{ baseUrl: 'https://ct.invalid', hashAlgorithm: 'SHA2_256', publicKey: keyOf(this.stamps.publicKey), logId: { keyId: keyIdOf(this.stamps.publicKey).toString('base64') } }],
      timestampAuthorities: [],
    });
  }

  /** A certificate of the moment for who was vouched for by the issuer. */
  #certificate({ issuer, subject }: { issuer: string; subject: string }): { pem: string; key: KeyObject } {
    const name = `leaf${this.#count++}`;
    const { publicKey: _, privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(join(this.#folder, `${name}.key`), key.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(this.#folder, `${name}.ext`), [
      'keyUsage=critical,digitalSignature', 'extendedKeyUsage=codeSigning', 'subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid', 'basicConstraints=CA:false',
      `subjectAltName=critical,${subject.includes('@') && !subject.includes('://') ? 'email' : 'URI'}:${subject}`, `1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:${issuer}`,
    ].join('\n'));
    this.#openssl('req', '-new', '-key', `${name}.key`, '-out', `${name}.csr`, '-subj', '/');
    this.#openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', `${name}.pem`, '-days', '1', '-extfile', `${name}.ext`);
    return { pem: reissue(readFileSync(join(this.#folder, `${name}.pem`), 'utf8'), this.#authority, this.certificates), key };
  }

  /** The log's promise about an entry. */
  #logged(entry: object): { body: string; integratedTime: number; logIndex: number; logID: string; promise: string } {
    const payload = { body: Buffer.from(JSON.stringify(entry)).toString('base64'), integratedTime: Math.floor((this.loggedAtMs ?? Date.now()) / 1000), logID: this.#logId.toString('hex'), logIndex: this.#count++ };
    return { ...payload, promise: sign('sha256', Buffer.from(JSON.stringify(payload)), this.#log.privateKey).toString('base64') };
  }

  /** As `cosign sign` did for years: a payload, and everything else in annotations. */
  annotated(digest: Digest, who: { issuer: string; subject: string }, options: { withoutLog?: boolean } = {}): Signed {
    const { pem, key } = this.#certificate(who);
    const payload = Buffer.from(JSON.stringify({ critical: { identity: { 'docker-reference': '' }, image: { 'docker-manifest-digest': digest }, type: 'cosign container image signature' }, optional: null }));
    const signature = sign('sha256', payload, key).toString('base64');
    const { promise, ...entry } = this.#logged({
      apiVersion: '0.0.1', kind: 'hashedrekord',
      spec: { data: { hash: { algorithm: 'sha256', value: createHash('sha256').update(payload).digest('hex') } }, signature: { content: signature, publicKey: { content: Buffer.from(pem).toString('base64') } } },
    });
    return artifact({
      type: 'application/vnd.dev.cosign.artifact.sig.v1+json', layer: payload, layerType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      annotations: {
        'dev.cosignproject.cosign/signature': signature, 'dev.sigstore.cosign/certificate': pem,
        ...(options.withoutLog === true ? {} : { 'dev.sigstore.cosign/bundle': JSON.stringify({ SignedEntryTimestamp: promise, Payload: entry }) }),
      },
    });
  }

  /** As cosign signs by now: a bundle, that refers to the image. */
  bundled(image: { digest: Digest; size: number }, who: { issuer: string; subject: string }, options: { predicateType?: string; claims?: Digest } = {}): Signed {
    const { pem, key } = this.#certificate(who);
    const payloadType = 'application/vnd.in-toto+json';
    const payload = Buffer.from(JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1', subject: [{ digest: { sha256: (options.claims ?? image.digest).slice(7) } }], predicateType: options.predicateType ?? 'https://sigstore.dev/cosign/sign/v1', predicate: {},
    }));
    const envelope = Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload]);
    const sig = sign('sha256', envelope, key).toString('base64');
    const dsseEnvelope = { payload: payload.toString('base64'), payloadType, signatures: [{ sig, keyid: '' }] };
    const { promise, ...entry } = this.#logged({
      apiVersion: '0.0.1', kind: 'dsse',
      spec: {
        envelopeHash: { algorithm: 'sha256', value: createHash('sha256').update(JSON.stringify(dsseEnvelope)).digest('hex') }, payloadHash: { algorithm: 'sha256', value: createHash('sha256').update(payload).digest('hex') },
        signatures: [{ signature: sig, verifier: Buffer.from(pem).toString('base64') }],
      },
    });
    const type = 'application/vnd.dev.sigstore.bundle.v0.1+json';
    const bundle = Buffer.from(JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1', dsseEnvelope,
      verificationMaterial: {
        x509CertificateChain: { certificates: [{ rawBytes: new X509Certificate(pem).raw.toString('base64') }] },
        tlogEntries: [{
          logIndex: String(entry.logIndex), logId: { keyId: this.#logId.toString('base64') }, kindVersion: { kind: 'dsse', version: '0.0.1' },
          integratedTime: String(entry.integratedTime), inclusionPromise: { signedEntryTimestamp: promise }, canonicalizedBody: entry.body,
        }],
      },
    }));
    return artifact({ type, layer: bundle, layerType: type, subject: { mediaType: mediaTypes.ociManifest, ...image } });
  }
}

/** A log's key, as a trust root names it. */
function keyOf(key: KeyObject): object {
  return { rawBytes: key.export({ type: 'spki', format: 'der' }).toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start: '2020-01-01T00:00:00Z' } };
}

function artifact({ type, layer, layerType, annotations, subject }: { type: string; layer: Buffer; layerType: string; annotations?: Record<string, string>; subject?: object }): Signed {
  const config = Buffer.from('{}');
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: type, config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(config), size: config.length },
    layers: [{ mediaType: layerType, digest: digestOf(layer), size: layer.length, ...(annotations === undefined ? {} : { annotations }) }], ...(subject === undefined ? {} : { subject }),
  }));
  return { manifest, blobs: [layer, config] };
}
