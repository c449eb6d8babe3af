/** DNS messages as far as the resolver needs them: one question in, a few records out. Source: RFC 1035 §4; sizes RFC 6891. */
export interface Query {
  id: number;
  recursionDesired: boolean;
  /** Lower case, without the final dot. */
  name: string;
  type: number;
  class: number;
  /** Bytes a UDP answer may have. */
  udpSize: number;
  /** What its OPT record says, when it has one: then the answer has one too. RFC 6891. */
  extended?: { version: number; wantsSignatures: boolean };
  /** The question as it stands in the message, to be repeated in the answer. */
  question: Buffer;
}

export const recordType = { a: 1, ptr: 12, aaaa: 28, any: 255 } as const;
export const responseCode = { noError: 0, formatError: 1, serverFailure: 2, nameError: 3, notImplemented: 4, badVersion: 16 } as const;

export type Answer = { type: 'address'; address: Buffer } | { type: 'pointer'; name: string };

const headerBytes = 12;
const classInternet = 1;
const classAny = 255;
const plainUdpBytes = 512;
/** What fits into one packet everywhere. */
const ownUdpBytes = 1232;
const optType = 41;
const optBytes = 11;
/** What the answer to a local name stays valid: containers move, and some clients keep to it strictly. */
const ttlSeconds = 5;

/** @returns undefined for what is no query with exactly one question: it is not answered, or with an error by the caller. */
export function parseQuery(message: Buffer): Query | undefined {
  if (message.length < headerBytes) return undefined;
  const flags = message.readUInt16BE(2);
  if ((flags & 0x8000) !== 0 || (flags & 0x7800) !== 0 || message.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = headerBytes;
  for (let total = 0; ; ) {
    const length = message[at];
    // A question is the first name of a message: there is nothing it could point back to.
    if (length === undefined || length > 63 || at + 1 + length > message.length) return undefined;
    at += 1;
    if (length === 0) break;
    total += length + 1;
    if (total > 254) return undefined;
    labels.push(message.toString('latin1', at, at + length));
    at += length;
  }
  if (at + 4 > message.length) return undefined;
  const opt = optAt(message, at + 4);
  return {
    id: message.readUInt16BE(0),
    recursionDesired: (flags & 0x0100) !== 0,
    name: labels.join('.').toLowerCase(),
    type: message.readUInt16BE(at),
    class: message.readUInt16BE(at + 2),
    udpSize: opt?.udpSize ?? plainUdpBytes,
    ...(opt && { extended: { version: opt.version, wantsSignatures: opt.wantsSignatures } }),
    question: Buffer.from(message.subarray(headerBytes, at + 4)),
  };
}

export function isInternet(query: Query): boolean {
  return query.class === classInternet || query.class === classAny;
}

/** The OPT record right behind the question; other records there are rare, and an answer without one is always right. */
function optAt(message: Buffer, at: number): { udpSize: number; version: number; wantsSignatures: boolean } | undefined {
  if (message.readUInt16BE(10) === 0 || at + optBytes > message.length || message[at] !== 0 || message.readUInt16BE(at + 1) !== optType) return undefined;
  return {
    udpSize: Math.min(4096, Math.max(plainUdpBytes, message.readUInt16BE(at + 3))), version: message.readUInt8(at + 6), wantsSignatures: (message.readUInt8(at + 7) & 0x80) !== 0,
  };
}

/** An answer of our own. Records that do not fit into `maxBytes` are left out, and the client is told to ask again by TCP. */
export function writeAnswer(query: Query, code: number, answers: readonly Answer[] = [], maxBytes = 65535): Buffer {
  const parts: Buffer[] = [];
  const opt = query.extended === undefined ? Buffer.alloc(0) : writeOpt(code, query.extended);
  let bytes = headerBytes + query.question.length + opt.length;
  for (const answer of answers) {
    const record = writeRecord(answer);
    if (bytes + record.length > maxBytes) break;
    parts.push(record);
    bytes += record.length;
  }
  const header = Buffer.alloc(headerBytes);
  const truncated = parts.length < answers.length ? 0x0200 : 0;
  header.writeUInt16BE(query.id, 0);
  header.writeUInt16BE(0x8000 | truncated | (query.recursionDesired ? 0x0100 : 0) | 0x0080 | (code & 0xf), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(parts.length, 6);
  header.writeUInt16BE(opt.length === 0 ? 0 : 1, 10);
  return Buffer.concat([header, query.question, ...parts, opt]);
}

/** Our size, the upper bits of the code, version 0, and the client's wish for signatures repeated. */
function writeOpt(code: number, { wantsSignatures }: { wantsSignatures: boolean }): Buffer {
  const record = Buffer.alloc(optBytes);
  record.writeUInt16BE(optType, 1);
  record.writeUInt16BE(ownUdpBytes, 3);
  record.writeUInt8(code >> 4, 5);
  record.writeUInt8(wantsSignatures ? 0x80 : 0, 7);
  return record;
}

function writeRecord(answer: Answer): Buffer {
  const data = answer.type === 'address' ? answer.address : writeName(answer.name);
  const type = answer.type === 'pointer' ? recordType.ptr : answer.address.length === 4 ? recordType.a : recordType.aaaa;
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc000 | headerBytes, 0); // the name of the question
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(classInternet, 4);
  head.writeUInt32BE(ttlSeconds, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function writeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '').map((label) => {
    const bytes = Buffer.from(label.slice(0, 63), 'latin1');
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  });
  return Buffer.concat([...labels, Buffer.from([0])]);
}

/** Whether `reply` is an upstream's answer to this very question. */
export function answersQuestion(reply: Buffer, id: number, question: Buffer): boolean {
  return reply.length >= headerBytes + question.length && reply.readUInt16BE(0) === id && (reply.readUInt16BE(2) & 0x8000) !== 0
    && reply.toString('latin1', headerBytes, headerBytes + question.length).toLowerCase() === question.toString('latin1').toLowerCase();
}

export function codeOf(reply: Buffer): number {
  return reply.readUInt16BE(2) & 0xf;
}
