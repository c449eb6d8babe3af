import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import tarStream from 'tar-stream';
import { TarDecoder } from './decoder.ts';
import { tarEnd, tarHeader, tarPadding, type TarOutput } from './encoder.ts';
import type { TarEntry } from './entry.ts';
import { formatPax, formatPaxTime, parsePax, parsePaxTime } from './pax.ts';
import { readTar } from './read.ts';

interface Decoded { entry: TarEntry; body: Buffer }

/** Decodes in pieces of `step` bytes, as a stream would bring them. */
function decode(bytes: Buffer, step = bytes.length): Decoded[] {
  const found: Decoded[] = [];
  let parts: Buffer[] = [];
  const decoder = new TarDecoder({
    entry: (entry) => {
      parts = [];
      found.push({ entry, body: Buffer.alloc(0) });
    },
    body: (chunk) => void parts.push(Buffer.from(chunk)),
    entryEnd: () => void ((found.at(-1) as Decoded).body = Buffer.concat(parts)),
  });
  for (let at = 0; at < bytes.length; at += step) decoder.write(bytes.subarray(at, at + step));
  decoder.end();
  return found;
}

function archive(members: (TarOutput & { body?: Buffer })[], end = tarEnd()): Buffer {
  return Buffer.concat([...members.flatMap(({ body = Buffer.alloc(0), ...entry }) => [tarHeader({ ...entry, size: body.length }), body, tarPadding(body.length)]), end]);
}

const text = (maxLength: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength }).map((value) => value.replace(/[\0/]/g, '_').toWellFormed());
const member = fc.record({
  name: fc.array(text(60), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/')),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 0xffffffff }),
  gid: fc.integer({ min: 0, max: 0xffffffff }),
  mtime: fc.record({ seconds: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), nanoseconds: fc.integer({ min: 0, max: 999_999_999 }) }),
  xattrs: fc.dictionary(fc.stringMatching(/^user\.[a-z]{1,9}$/), fc.uint8Array({ maxLength: 40 })).map((values) => new Map(Object.entries(values))),
  body: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
});

describe('tar', () => {
  it('reads back whatever it wrote, in pieces of any size', () => {
    fc.assert(fc.property(fc.array(member, { maxLength: 4 }), fc.integer({ min: 1, max: 1500 }), (members, step) => {
      const found = decode(archive(members), step);
      assert.equal(found.length, members.length);
      members.forEach((wrote, index) => {
        const { entry, body } = found[index] as Decoded;
        for (const key of ['name', 'mode', 'uid', 'gid'] as const) assert.equal(entry[key], wrote[key], key);
        assert.deepEqual(entry.mtime, { ...wrote.mtime });
        assert.deepEqual(new Map([...entry.xattrs].map(([key, value]) => [key, Uint8Array.from(value)])), wrote.xattrs);
        assert.deepEqual(body, wrote.body);
      });
    }), { numRuns: 150 });
  });

  it('never fails otherwise than by saying that the archive is invalid, whatever bytes are flipped', () => {
    const good = archive([{ name: 'a'.repeat(150), body: Buffer.from('hello') }, { name: 'b', type: 'symlink', linkName: 'c'.repeat(120) }]);
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }), (flips) => {
      const bad = Buffer.from(good);
      for (const [at, value] of flips) bad[at] = value;
      try {
        decode(bad);
      } catch (error) {
        assert.equal((error as { kind?: string }).kind, 'invalid');
      }
    }), { numRuns: 500 });
  });

  it('refuses an archive that ends in the middle of a member', () => {
    const whole = archive([{ name: 'f', body: Buffer.alloc(2000, 1) }]);
    for (const length of [100, 512, 1000, 2511]) assert.throws(() => decode(whole.subarray(0, length)), /truncated/, `at ${length}`);
  });

  it('accepts an archive without an end mark, and ignores what follows one', () => {
    assert.equal(decode(archive([{ name: 'f' }], Buffer.alloc(0))).length, 1);
    assert.equal(decode(Buffer.concat([archive([{ name: 'f' }]), Buffer.from('garbage')])).length, 1);
  });

  it('refuses an archive that more than 64 MiB follow, of whatever', () => {
    const megabyte = Buffer.alloc(1 << 20, 'x');
    const decoder = new TarDecoder({ entry: () => undefined });
    decoder.write(archive([{ name: 'a' }], Buffer.concat([tarEnd(), Buffer.alloc(1 << 20)])));
    for (let count = 1; count < 64; count++) decoder.write(megabyte);
    assert.throws(() => decoder.write(megabyte), { kind: 'invalid', message: 'invalid archive: more than 64 MiB follow its end' });
  });

  it('refuses a header with a wrong checksum', () => {
    const bytes = archive([{ name: 'f' }]);
    bytes[0] = 0x67;
    assert.throws(() => decode(bytes), /checksum/);
  });

  it('refuses extensions that would fill the memory', () => {
    const huge = tarHeader({ name: 'x', size: 2 ** 31 });
    huge[156] = 'L'.charCodeAt(0);
    let sum = 256;
    for (const [index, byte] of huge.entries()) if (index < 148 || index >= 156) sum += byte;
    huge.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    assert.throws(() => decode(huge), /an extension of 2147483648 bytes/);
  });

  it('gives global pax records to every member, and a member its own before them', () => {
    const global = formatPax([['uid', '42'], ['path', 'global']]);
    const header = tarHeader({ name: 'g', size: global.length });
    header[156] = 'g'.charCodeAt(0);
    header.fill(' ', 148, 156);
    header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
    const found = decode(Buffer.concat([header, global, tarPadding(global.length), archive([{ name: 'a' }, { name: 'b'.repeat(300) }])]));
    assert.deepEqual(found.map(({ entry }) => [entry.name, entry.uid]), [['global', 42], ['b'.repeat(300), 42]]);
  });

  it('is read by tar-stream with the same names, times and bodies', async () => {
    const members = [{ name: `${'d'.repeat(90)}/${'e'.repeat(90)}`, body: Buffer.from('x') }, { name: 'ü'.repeat(80), mtime: { seconds: 1_700_000_000, nanoseconds: 5 }, body: Buffer.alloc(3000, 7) }];
    const extract = tarStream.extract();
    extract.end(archive(members));
    const names: string[] = [];
    const sizes: number[] = [];
    for await (const entry of extract) {
      names.push(entry.header.name);
      let size = 0;
      for await (const chunk of entry) size += (chunk as Buffer).length;
      sizes.push(size);
    }
    assert.deepEqual(names, members.map(({ name }) => name));
    assert.deepEqual(sizes, [1, 3000]);
  });

  it('readTar() passes over bodies that nobody reads', async () => {
    const bytes = archive([{ name: 'a', body: Buffer.alloc(5000, 1) }, { name: 'b', body: Buffer.from('kept') }]);
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
    }
    const seen: string[] = [];
    for await (const { entry, body } of readTar(pieces())) {
      let content = '';
      if (entry.name === 'b') for await (const chunk of body) content += chunk.toString();
      seen.push(entry.name + content);
    }
    assert.deepEqual(seen, ['a', 'bkept']);
  });
});

describe('pax', () => {
  it('reads back every record', () => {
    fc.assert(fc.property(fc.dictionary(fc.stringMatching(/^[a-zA-Z.]{1,20}$/), fc.string({ maxLength: 1200 })), (records) => {
      const wanted = Object.entries(records).map(([key, value]): [string, string] => [key, value.toWellFormed()]);
      const found = parsePax(formatPax(wanted));
      assert.deepEqual([...found].map(([key, value]) => [key, value.toString()]), wanted);
    }));
  });

  it('reads back every time, before the epoch too', () => {
    fc.assert(fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.integer({ min: 0, max: 999_999_999 }), (seconds, nanoseconds) => {
      assert.deepEqual(parsePaxTime(formatPaxTime({ seconds, nanoseconds })), { seconds, nanoseconds });
    }));
  });

  for (const broken of ['5 a=b', '0 a=b\n', '99 a=b\n', 'x a=b\n', '6 ab\n\n']) {
    it(`refuses ${JSON.stringify(broken)}`, () => assert.throws(() => parsePax(Buffer.from(broken)), /broken pax record/));
  }
});
