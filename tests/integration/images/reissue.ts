import { createHash, sign, X509Certificate, type KeyObject } from 'node:crypto';

/** A certificate-transparency log of a test's own. */
export interface StampLog { privateKey: KeyObject; publicKey: KeyObject }

export interface Reissue {
  /** When the certificate is good. */
  valid?: { from: Date; to: Date };
  /** Whose stamp it bears. https://www.rfc-editor.org/rfc/rfc6962#section-3.2 */
  stampedBy?: StampLog;
}

/** The certificate with other dates, or a stamp, signed anew by its authority. */
export function reissue(pem: string, authority: { certificate: X509Certificate; key: KeyObject }, { valid, stampedBy }: Reissue): string {
  let tbs = children(new X509Certificate(pem).raw)[0]!;
  if (valid !== undefined) tbs = withValidity(tbs, valid);
  if (stampedBy !== undefined) tbs = withExtension(tbs, stampOf(tbs, authority.certificate, stampedBy));
  const algorithm = children(new X509Certificate(pem).raw)[1]!;
  const signature = element(0x03, Buffer.concat([Buffer.of(0), sign('sha256', tbs, authority.key)]));
  const der = element(0x30, Buffer.concat([tbs, algorithm, signature]));
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`;
}

export function keyIdOf(key: KeyObject): Buffer {
  return createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest();
}

function stampOf(tbs: Buffer, issuer: X509Certificate, log: StampLog): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Date.now()));
  const issuerKey = createHash('sha256').update(issuer.publicKey.export({ type: 'spki', format: 'der' })).digest();
  const signed = Buffer.concat([Buffer.of(0, 0), time, Buffer.of(0, 1), issuerKey, number(tbs.length, 3), tbs, number(0, 2)]);
  const signature = sign('sha256', signed, log.privateKey);
  const stamp = Buffer.concat([Buffer.of(0), keyIdOf(log.publicKey), time, number(0, 2), Buffer.of(4, 3), number(signature.length, 2), signature]);
  const list = Buffer.concat([number(stamp.length + 2, 2), number(stamp.length, 2), stamp]);
  const oid = Buffer.from('060a2b06010401d679020402', 'hex');
  return element(0x30, Buffer.concat([oid, element(0x04, element(0x04, list))]));
}

/** Extensions are the last field of what is signed: `[3] { SEQUENCE OF }`. */
function withExtension(tbs: Buffer, extension: Buffer): Buffer {
  const fields = children(tbs);
  const list = children(children(fields.at(-1)!)[0]!);
  return element(0x30, Buffer.concat([...fields.slice(0, -1), element(0xa3, element(0x30, Buffer.concat([...list, extension])))]));
}

/** The validity is the fifth field: version, serial, algorithm, issuer, validity. */
function withValidity(tbs: Buffer, { from, to }: { from: Date; to: Date }): Buffer {
  const fields = children(tbs);
  const time = (date: Date): Buffer => element(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]|\..*/g, '').slice(2)}Z`));
  return element(0x30, Buffer.concat([...fields.slice(0, 4), element(0x30, Buffer.concat([time(from), time(to)])), ...fields.slice(5)]));
}

function number(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? Buffer.of(length) : length < 0x100 ? Buffer.of(0x81, length) : Buffer.concat([Buffer.of(0x82), number(length, 2)]);
  return Buffer.concat([Buffer.of(tag), size, content]);
}

/** The elements inside one, each with its tag and length. */
function children(der: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = header(der, 0).end; at < der.length;) {
    const { end, length } = header(der, at);
    found.push(der.subarray(at, end + length));
    at = end + length;
  }
  return found;
}

function header(der: Buffer, at: number): { end: number; length: number } {
  const first = der[at + 1]!;
  if (first < 0x80) return { end: at + 2, length: first };
  const bytes = first & 0x7f;
  return { end: at + 2 + bytes, length: der.readUIntBE(at + 2, bytes) };
}
