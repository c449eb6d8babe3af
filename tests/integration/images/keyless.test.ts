import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { whyNotKeyless, type KeylessSignature } from '../../../src/engine/images/signatures/keyless.ts';
import { readSignaturePolicy, type SignaturePolicy } from '../../../src/engine/images/signatures/policy.ts';
import { hostArchitecture } from '../../../src/host/architecture.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { startDaemon } from '../../support/daemon.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { startRegistry } from '../registry/support.ts';
import { imageFixture } from './image-fixture.ts';
import { imageOf, publish, publishImage, pulling, randomLayer, registryPort } from './registry-fixture.ts';
import type { Reissue, StampLog } from './reissue.ts';
import { SigstoreMaker, type Signed } from './sigstore-maker.ts';

const architecture = hostArchitecture();
const issuer = 'https://token.actions.invalid';
const subject = 'https://git.invalid/me/app/.github/workflows/release.yml@refs/heads/main';

describe('a keyless signature', () => {
  let maker: SigstoreMaker;
  let stranger: SigstoreMaker;
  before(() => {
    [maker, stranger] = [new SigstoreMaker(), new SigstoreMaker()];
  });
  after(() => [maker, stranger].forEach((each) => each[Symbol.dispose]()));
  const image = imageOf([randomLayer('a', 100)], { architecture });
  const described = { digest: image.digest, size: image.manifest.length };
  const policy = (host: string, identities: object[] = [{ issuer, subject }]): SignaturePolicy => readSignaturePolicy({ [host]: { keyless: { 'trusted-root': 'root.json', identities } } }, () => maker.trustedRoot);

  /** Publishes the image with a signature, and pulls it under the policy. */
  async function pulled(signed: Signed, { byTag, identities }: { byTag: boolean; identities?: object[] }): Promise<void> {
    await using registry = await startRegistry();
    await using fixture = imageFixture({ registry: registryPort({ signatures: policy(registry.host, identities) }) });
    await publishImage(registry.host, 'app', 'v1', image);
    await publish(registry.host, 'app', { references: [byTag ? `${image.digest.replace(':', '-')}.sig` : digestOf(signed.manifest)], ...signed });
    try {
      await fixture.images.pull(`${registry.host}/app:v1`, pulling());
    } catch (error) {
      assert.deepEqual(await fixture.census(), { blobs: 0, layers: 0, leases: 0, images: 0, references: 0 });
      throw error;
    }
  }

  it('lets an image pass that an identity of the policy signed, in annotations or in a bundle', async () => {
    await pulled(maker.annotated(image.digest, { issuer, subject }), { byTag: true });
    await pulled(maker.bundled(described, { issuer, subject }), { byTag: false });
    await pulled(maker.annotated(image.digest, { issuer, subject: 'me@mail.invalid' }), { byTag: true, identities: [{ issuer: 'https://elsewhere.invalid', subject: 'you' }, { issuer, 'subject-pattern': '(me|you)@mail\\.invalid' }] });
  });

  const refused: [what: string, signed: () => Signed, byTag: boolean, why: RegExp][] = [
    ['another subject', () => maker.annotated(image.digest, { issuer, subject: `${subject}-not` }), true, /certificate identity error/],
    ['a subject that a pattern would let pass', () => maker.annotated(image.digest, { issuer, subject: subject.replace('.', 'x') }), true, /certificate identity error/],
    ['another issuer', () => maker.annotated(image.digest, { issuer: 'https://evil.invalid', subject }), true, /invalid certificate extension - expected issuer=/],
    ['another authority', () => stranger.annotated(image.digest, { issuer, subject }), true, /certificate/i],
    ['no log', () => maker.annotated(image.digest, { issuer, subject }, { withoutLog: true }), true, /no entry of a transparency log/],
    ['a signature for another image', () => maker.annotated(digestOf('another'), { issuer, subject }), true, new RegExp(`the signature is for ${digestOf('another')}`)],
    ['a bundle for another image', () => maker.bundled(described, { issuer, subject }, { claims: digestOf('another') }), false, new RegExp(`the signature is for ${digestOf('another')}`)],
    ['a bundle that attests something else', () => maker.bundled(described, { issuer, subject }, { predicateType: 'https://slsa.dev/provenance/v1' }), false, /its statement is not a signature/],
    ['a bundle of another authority', () => stranger.bundled(described, { issuer, subject }), false, /certificate/i],
  ];
  for (const [what, signed, byTag, why] of refused) {
    it(`is refused for ${what}, and nothing is kept`, () => assert.rejects(pulled(signed(), { byTag }), { kind: 'forbidden', message: why }));
  }

  it('is refused where its log entry was changed', async () => {
    const signed = maker.annotated(image.digest, { issuer, subject });
    const changed = JSON.parse(signed.manifest.toString()) as { layers: { annotations: Record<string, string> }[] };
    const annotations = changed.layers[0]!.annotations;
    const entry = JSON.parse(annotations['dev.sigstore.cosign/bundle']!) as { Payload: { integratedTime: number } };
    entry.Payload.integratedTime -= 1;
    annotations['dev.sigstore.cosign/bundle'] = JSON.stringify(entry);
    await assert.rejects(pulled({ ...signed, manifest: Buffer.from(JSON.stringify(changed)) }, { byTag: true }), { kind: 'forbidden', message: /inclusion promise could not be verified|certificate/ });
  });
});

describe('the certificate of a keyless signature', () => {
  const log = (): StampLog => generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const hourMs = 3_600_000;
  const hours = (from: number, to: number): Reissue => ({ valid: { from: new Date(Date.now() + from * hourMs), to: new Date(Date.now() + to * hourMs) } });
  const trusted = log();
  const rows: [what: string, made: { stamps?: StampLog; certificates?: Reissue; loggedAtMs?: number }, why?: RegExp][] = [
    ['with the stamp of the root\'s log is good', { stamps: trusted, certificates: { stampedBy: trusted } }],
    ['without a stamp is refused where the root has a log', { stamps: trusted }, /certificate timestamp|SCT/i],
    ['with the stamp of another log is refused', { stamps: trusted, certificates: { stampedBy: log() } }, /certificate timestamp|SCT/i],
    ['that has ended since is good for what was logged while it was', { certificates: hours(-3, -1), loggedAtMs: Date.now() - 2 * hourMs }],
    ['that had ended when it was logged is refused', { certificates: hours(-3, -2), loggedAtMs: Date.now() - hourMs }, /certificate/i],
    ['that had not begun when it was logged is refused', { certificates: hours(-1, 1), loggedAtMs: Date.now() - 2 * hourMs }, /certificate/i],
  ];
  for (const [what, made, why] of rows) {
    for (const form of ['annotated', 'bundled'] as const) {
      it(`${what} (${form})`, () => {
        using maker = new SigstoreMaker();
        Object.assign(maker, made);
        const [rule] = readSignaturePolicy({ x: { keyless: { 'trusted-root': 'root.json', identities: [{ issuer, subject }] } } }, () => maker.trustedRoot);
        const digest = digestOf('an image');
        const { blobs: [bytes], manifest } = form === 'annotated' ? maker.annotated(digest, { issuer, subject }) : maker.bundled({ digest, size: 8 }, { issuer, subject });
        const annotations = (JSON.parse(manifest.toString()) as { layers: { annotations: Record<string, string> }[] }).layers[0]!.annotations;
        const found: KeylessSignature = form === 'bundled' ? { kind: 'bundle', json: bytes! } : { kind: 'annotated', signature: {
          payload: bytes!, signatureBase64: annotations['dev.cosignproject.cosign/signature']!, certificatePem: annotations['dev.sigstore.cosign/certificate']!, logEntryJson: annotations['dev.sigstore.cosign/bundle']!,
        } };
        const refusal = whyNotKeyless(found, { digest, rule: rule!.keyless! });
        if (why === undefined) assert.equal(refusal, undefined);
        else assert.match(refusal ?? 'it passed', why);
      });
    }
  }
});

describe('a daemon with a keyless rule', () => {
  it('tells why it refuses an image, and pulls it once it is signed', async () => {
    using maker = new SigstoreMaker();
    await using folder = await temporaryFolder();
    await using registry = await startRegistry();
    await writeFile(join(folder.path, 'root.json'), maker.trustedRoot);
    await writeFile(join(folder.path, 'daemon.json'), JSON.stringify({ 'signature-policy': { [registry.host]: { keyless: { 'trusted-root': join(folder.path, 'root.json'), identities: [{ issuer, subject }] } } } }));
    await using daemon = await startDaemon({ args: ['--config-file', join(folder.path, 'daemon.json')] });
    const image = imageOf([randomLayer('a', 100)], { architecture });
    const tag = `${image.digest.replace(':', '-')}.sig`;
    await publishImage(registry.host, 'app', 'v1', image);
    const pull = async (): Promise<string> => (await daemon.request('POST', `/images/create?fromImage=${registry.host}/app&tag=v1`)).text;
    assert.match(await pull(), /is refused by the signature policy for .*: it is not signed/);
    await publish(registry.host, 'app', { references: [tag], ...maker.annotated(image.digest, { issuer, subject: 'nobody@mail.invalid' }) });
    assert.match(await pull(), /is refused by the signature policy for .*certificate identity error/);
    await publish(registry.host, 'app', { references: [tag], ...maker.annotated(image.digest, { issuer, subject }) });
    assert.match(await pull(), /Status: Downloaded newer image/);
  });
});

describe('readSignaturePolicy() of keyless rules', () => {
  using maker = new SigstoreMaker();
  const root = maker.trustedRoot;
  const identity = { issuer, subject };
  const files: Record<string, string> = { 'root.json': root, 'empty.json': '{}', 'timeless.json': JSON.stringify({ ...JSON.parse(root) as object, tlogs: [] }) };
  const refused: [what: string, keyless: unknown, message: RegExp][] = [
    ['no trust root', { identities: [identity] }, /keyless needs a trusted-root and identities/],
    ['no identities', { 'trusted-root': 'root.json', identities: [] }, /keyless needs a trusted-root and identities/],
    ['an identity without issuer', { 'trusted-root': 'root.json', identities: [{ subject }] }, /an identity has an issuer/],
    ['a subject given twice', { 'trusted-root': 'root.json', identities: [{ ...identity, 'subject-pattern': 'x' }] }, /a subject or a subject-pattern/],
    ['a pattern that is none', { 'trusted-root': 'root.json', identities: [{ issuer, 'subject-pattern': '(' }] }, /Unterminated group/],
    ['a trust root without authorities', { 'trusted-root': 'empty.json', identities: [identity] }, /names no certificate authority/],
    ['a trust root that vouches for no time', { 'trusted-root': 'timeless.json', identities: [identity] }, /neither a transparency log nor a timestamp authority/],
    ['a field it does not know', { 'trusted-root': 'root.json', identities: [identity], sometimes: 1 }, /keyless has the unknown field sometimes/],
  ];
  for (const [what, keyless, message] of refused) it(`refuses ${what}`, () => assert.throws(() => readSignaturePolicy({ x: { keyless } }, (path) => files[path]!), { kind: 'invalid', message }));
});
