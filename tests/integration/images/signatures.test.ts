import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import { readSignaturePolicy } from '../../../src/engine/images/signatures/policy.ts';
import { hostArchitecture } from '../../../src/host/architecture.ts';
import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { startRegistry } from '../registry/support.ts';
import { imageFixture } from './image-fixture.ts';
import { imageOf, publish, publishImage, pulling, randomLayer, registryPort } from './registry-fixture.ts';

const architecture = hostArchitecture();
const team = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const modern = generateKeyPairSync('ed25519');

/** A signature in cosign's format, made by hand: one layer with the payload, its signature in an annotation. */
function cosigned(digest: Digest, key: KeyObject, subject?: object): { manifest: Buffer; blobs: Buffer[] } {
  const payload = Buffer.from(JSON.stringify({
    critical: { identity: { 'docker-reference': 'anything' }, image: { 'docker-manifest-digest': digest }, type: 'cosign container image signature' }, optional: null,
  }));
  const signature = sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', payload, key).toString('base64');
  const config = Buffer.from('{}');
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json',
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(config), size: config.length },
    layers: [{ mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', digest: digestOf(payload), size: payload.length, annotations: { 'dev.cosignproject.cosign/signature': signature } }],
    ...(subject === undefined ? {} : { subject }),
  }));
  return { manifest, blobs: [payload, config] };
}

/** The same as a Sigstore bundle that refers to the image: a statement in an envelope, signed with a key. */
function bundled(image: { digest: Digest; size: number }, key: KeyObject, { claims = image.digest, predicateType = 'https://sigstore.dev/cosign/sign/v1', json }: { claims?: Digest; predicateType?: string; json?: string } = {}): { manifest: Buffer; blobs: Buffer[] } {
  const type = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const payloadType = 'application/vnd.in-toto+json';
  const payload = Buffer.from(JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', subject: [{ digest: { sha256: claims.slice(7) } }], predicateType, predicate: {} }));
  const sig = sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload]), key).toString('base64');
  const bundle = Buffer.from(json ?? JSON.stringify({ mediaType: type, verificationMaterial: { publicKey: { hint: '' } }, dsseEnvelope: { payload: payload.toString('base64'), payloadType, signatures: [{ sig }] } }));
  const config = Buffer.from('{}');
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: type, config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(config), size: config.length },
    layers: [{ mediaType: type, digest: digestOf(bundle), size: bundle.length }], subject: { mediaType: mediaTypes.ociManifest, ...image },
  }));
  return { manifest, blobs: [bundle, config] };
}

const keys = { 'team.pub': team, 'modern.pub': modern };
const readKey = (path: string): string => keys[path as keyof typeof keys].publicKey.export({ type: 'spki', format: 'pem' }) as string;

describe('the signature policy', () => {
  it('lets an image pass that a key of its prefix signed, by tag or as referrer', async () => {
    await using registry = await startRegistry();
    const signatures = readSignaturePolicy({ '*': 'reject', [`${registry.host}/team`]: { keys: ['team.pub', 'modern.pub'] }, [`${registry.host}/free`]: 'accept' }, readKey);
    await using fixture = imageFixture({ registry: registryPort({ signatures }) });
    const image = imageOf([randomLayer('a', 100)], { architecture });
    for (const name of ['team/tagged', 'team/referred', 'free/any', 'other']) await publishImage(registry.host, name, 'v1', image);
    await publish(registry.host, 'team/tagged', { references: [`${image.digest.replace(':', '-')}.sig`], ...cosigned(image.digest, team.privateKey) });
    const referrer = cosigned(image.digest, modern.privateKey, { mediaType: mediaTypes.ociManifest, digest: image.digest, size: image.manifest.length });
    await publish(registry.host, 'team/referred', { references: [digestOf(referrer.manifest)], ...referrer });
    for (const name of ['team/tagged', 'team/referred', 'free/any']) await fixture.images.pull(`${registry.host}/${name}:v1`, pulling());
    await assert.rejects(fixture.images.pull(`${registry.host}/other:v1`, pulling()), { kind: 'forbidden', message: /refused by the signature policy for "\*": it rejects everything/ });
  });

  it('reads the bundles that cosign makes by now, and looks past what is broken beside them', async () => {
    await using registry = await startRegistry();
    const signatures = readSignaturePolicy({ [registry.host]: { keys: ['team.pub', 'modern.pub'] } }, readKey);
    await using fixture = imageFixture({ registry: registryPort({ signatures }) });
    const image = imageOf([randomLayer('a', 100)], { architecture });
    const put = async (name: string, ...found: { manifest: Buffer; blobs: Buffer[] }[]): Promise<void> => {
      await publishImage(registry.host, name, 'v1', image);
      for (const one of found) await publish(registry.host, name, { references: [digestOf(one.manifest)], ...one });
    };
    const subject = { digest: image.digest, size: image.manifest.length };
    await put('team', bundled(subject, stranger.privateKey), bundled(subject, team.privateKey));
    await put('modern', bundled(subject, modern.privateKey));
    await put('broken', bundled(subject, team.privateKey, { json: '{' }), bundled(subject, team.privateKey));
    for (const name of ['team', 'modern', 'broken']) await fixture.images.pull(`${registry.host}/${name}:v1`, pulling());
    await fixture.images.pull(`${registry.host}/team@${image.digest}`, pulling());
    await put('stranger', bundled(subject, stranger.privateKey));
    await put('borrowed', bundled(subject, team.privateKey, { claims: digestOf('another image') }));
    await put('attested', bundled(subject, team.privateKey, { predicateType: 'https://slsa.dev/provenance/v1' }));
    for (const [name, why] of [['stranger', /no key of the policy made the signature/], ['borrowed', /the signature is for sha256:/], ['attested', /its statement is not a signature/]] as const) {
      await assert.rejects(fixture.images.pull(`${registry.host}/${name}:v1`, pulling()), { kind: 'forbidden', message: why });
    }
  });

  it('refuses what is not signed, signed by a stranger, or signed for something else, and keeps nothing', async () => {
    await using registry = await startRegistry();
    const signatures = readSignaturePolicy({ [registry.host]: { keys: ['team.pub'] } }, readKey);
    await using fixture = imageFixture({ registry: registryPort({ signatures }) });
    const image = imageOf([randomLayer('a', 100)], { architecture });
    const tag = `${image.digest.replace(':', '-')}.sig`;
    for (const name of ['bare', 'stranger', 'borrowed']) await publishImage(registry.host, name, 'v1', image);
    await publish(registry.host, 'stranger', { references: [tag], ...cosigned(image.digest, stranger.privateKey) });
    await publish(registry.host, 'borrowed', { references: [tag], ...cosigned(digestOf('another image'), team.privateKey) });
    for (const [name, why] of [['bare', /it is not signed/], ['stranger', /no key of the policy made the signature/], ['borrowed', /the signature is for sha256:/]] as const) {
      await assert.rejects(fixture.images.pull(`${registry.host}/${name}:v1`, pulling()), { kind: 'forbidden', message: why });
    }
    assert.deepEqual(await fixture.census(), { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 });
  });

  it('gives its names to no archive, except for what was pulled and checked', async () => {
    await using registry = await startRegistry();
    const signatures = readSignaturePolicy({ [registry.host]: { keys: ['team.pub'] } }, readKey);
    await using fixture = imageFixture({ registry: registryPort({ signatures }) });
    await using elsewhere = imageFixture({ registry: registryPort() });
    const [image, name] = [imageOf([randomLayer('a', 100)], { architecture }), `${registry.host}/signed:v1`];
    await publishImage(registry.host, 'signed', 'v1', image);
    await publish(registry.host, 'signed', { references: [`${image.digest.replace(':', '-')}.sig`], ...cosigned(image.digest, team.privateKey) });
    await elsewhere.images.pull(name, pulling());
    await elsewhere.images.tag(name, 'free', 'v1');
    const archive = async (...names: string[]) => await elsewhere.images.save(names, { signal: new AbortController().signal });
    await fixture.load(await archive('free:v1'));
    await assert.rejects(fixture.load(await archive(name)), { kind: 'forbidden', message: new RegExp(`image ${name} \\(${image.digest}\\) is refused by the signature policy for "${registry.host}": it comes from an archive, which brings no signature`) });
    assert.throws(() => fixture.images.resolve(name), { kind: 'notFound' });
    await fixture.images.pull(name, pulling());
    await fixture.load(await archive(name));
  });
});

describe('readSignaturePolicy()', () => {
  const refused: [what: string, policy: Record<string, unknown>, message: RegExp][] = [
    ['a key that is none', { x: { keys: ['no.pub'] } }, /its key no.pub cannot be used/],
    ['fields it does not know', { x: { keys: ['team.pub'], sometimes: true } }, /unknown field sometimes/],
    ['a rule that is none', { x: 'maybe' }, /"accept", "reject", /],
    ['a prefix that is none', { '../x': 'accept' }, /no prefix of a repository/],
  ];
  for (const [what, policy, message] of refused) it(`refuses ${what}`, () => assert.throws(() => readSignaturePolicy(policy, readKey), { kind: 'invalid', message }));
});
