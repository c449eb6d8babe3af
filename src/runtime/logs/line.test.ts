import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { parseEntry, parseNanoseconds } from './entry.ts';
import { EncodedLines, LineEnd, type StreamName } from './line.ts';
import { partBytes } from './line-splitter.ts';
import { LogWriter } from './log-writer.ts';

/** The bytes that are logged; how they are read again is for logs.test.ts. */
/** With a time in full seconds and tenths. */
function lineEnd(stream: StreamName, attrs?: string, time = '1970-01-01T00:00:05Z'): LineEnd {
  const end = new LineEnd(stream, attrs);
  const tenths = Date.parse(time) / 100;
  end.stamp({ seconds: Math.floor(tenths / 10), nanoseconds: (tenths % 10) * 100_000_000 });
  return end;
}

function encodeLogLine({ log, stream, attrs, time }: { log: string | Uint8Array; stream: StreamName; attrs?: string; time?: string }): string {
  const lines = new EncodedLines();
  const bytes = Buffer.from(log as Uint8Array);
  lines.add({ bytes, from: 0, to: bytes.length }, lineEnd(stream, attrs, time));
  return lines.bytes.toString();
}
/** What Docker writes for these bytes, told by the decoder of the Web instead of by our tables. */
function escaped(bytes: Buffer): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const one = (character: string): string => {
    if (!/["\\\u0000-\u001f<>&\u2028\u2029]/.test(character)) return character;
    return ({ '"': '\\"', '\\': '\\\\', '\r': '\\r', '\n': '\\n' } as Record<string, string>)[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  };
  let text = '';
  for (let at = 0, size = 1; at < bytes.length; at += size) {
    const found = bytes[at]! < 0x80 ? 1 : [2, 3, 4].find((length) => {
      try {
        return decoder.decode(bytes.subarray(at, at + length)) !== '';
      } catch {
        return false;
      }
    });
    size = found ?? 1;
    text += found === undefined ? '\\ufffd' : one(decoder.decode(bytes.subarray(at, at + size)));
  }
  return text;
}

describe('EncodedLines', () => {
  test('writes the keys in the order log, stream, attrs, time', () => {
    assert.equal(
      encodeLogLine({ log: 'hi\n', stream: 'stdout', attrs: '{"tag":"x"}', time: '2026-01-02T03:04:05.6Z' }),
      '{"log":"hi\\n","stream":"stdout","attrs":{"tag":"x"},"time":"2026-01-02T03:04:05.6Z"}\n',
    );
  });

  test('escapes what Go escapes', () => {
    assert.ok(encodeLogLine({ log: '<a>&"\\\t\u001b\u2028\r\n', stream: 'stderr' })
      .startsWith('{"log":"\\u003ca\\u003e\\u0026\\"\\\\\\u0009\\u001b\\u2028\\r\\n",'));
  });

  test('escapes every character alike, wherever it stands, and every byte that belongs to none', () => {
    const broken = fc.constantFrom('', '\u2028', '\u2029\u2027', '\u20ac\ufffc\ufffd', '\u{1f600}').chain((more) => fc.nat({ max: 8 }).map((cut) => Buffer.from(more).subarray(0, cut)));
    fc.assert(fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), broken), { maxLength: 8 }), (parts) => {
      const bytes = Buffer.concat(parts);
      assert.equal(encodeLogLine({ log: bytes, stream: 'stdout' }), `{"log":"${escaped(bytes)}","stream":"stdout","time":"1970-01-01T00:00:05Z"}\n`);
    }));
  });

  test('writes many lines, each behind the last', () => {
    const lines = new EncodedLines();
    const text = Buffer.from('\u0001'.repeat(50_000));
    const rest = `{"log":"","stream":"stdout","time":"1970-01-01T00:00:05Z"}\n`.length;
    for (let turn = 0; turn < 3; turn++) lines.add({ bytes: text, from: turn, to: text.length }, lineEnd('stdout'));
    assert.deepEqual(lines.ends, [300_000 + rest, 599_994 + 2 * rest, 899_982 + 3 * rest]);
    assert.ok(lines.bytes.toString('latin1', 599_994 + 2 * rest).startsWith('{"log":"\\u0001\\u0001'));
    lines.clear();
    assert.deepEqual([lines.ends.length, lines.bytes.length], [0, 0]);
  });

  test('gives any text back after JSON.parse', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (log) => {
      assert.equal(parseEntry(encodeLogLine({ log, stream: 'stdout' }).trimEnd())?.log, log);
    }));
  });
});

describe('LogWriter', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-logged-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  let files = 0;
  const written = async (chunks: Iterable<Buffer>): Promise<string[]> => {
    const path = join(directory, `${files++}.log`);
    const log = new LogWriter({ driver: 'json-file', path, maxFiles: 1 }, assert.ifError);
    for (const chunk of chunks) log.write('stdout', chunk);
    await log.close();
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  };
  const cut = (bytes: Buffer, size: number): Buffer[] => Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));

  test('writes for any bytes, however they arrive, what Docker writes', async () => {
    const halves = [Buffer.from('eda080', 'hex'), Buffer.from('edbfbf', 'hex'), Buffer.from('\u2028').subarray(0, 2)];
    const pieces = fc.array(fc.oneof(
      fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)), fc.constantFrom(...halves),
      fc.constantFrom('\n', '\r\n', '"', '\\', '<&>', 'x'.repeat(5461), 'é'.repeat(9000), '\n'.repeat(40)).map((text) => Buffer.from(text)),
    ));
    await fc.assert(fc.asyncProperty(pieces, fc.integer({ min: 1, max: 70_000 }), async (parts, size) => {
      const bytes = Buffer.concat(parts);
      const expected: string[] = [];
      for (let from = 0, to = 0; from < bytes.length; from = to) {
        const newline = bytes.indexOf('\n', from);
        to = Math.min(newline === -1 ? bytes.length : newline + 1, from + partBytes, bytes.length);
        expected.push(escaped(bytes.subarray(from, to)));
      }
      for (const chunkBytes of [size, 1]) {
        const lines = await written(cut(bytes, chunkBytes));
        assert.deepEqual(lines.map((line) => /^\{"log":"(.*)","stream":"stdout","time":"[^"]*Z"\}$/.exec(line)?.[1]), expected);
      }
    }), { numRuns: 30 });
  });

  test('gives each line a time of its own, in their order, also when they were read together', async () => {
    const lines = await written(Array.from({ length: 3 }, () => Buffer.from('\n'.repeat(5000))));
    const times = lines.map((line) => parseNanoseconds(parseEntry(line)!.time)!);
    assert.equal(times.length, 15_000);
    assert.ok(times.every((time, index) => index === 0 || time > times[index - 1]!));
  });
});
