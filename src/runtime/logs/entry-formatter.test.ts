import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatEntry, parseEntry, parseNanoseconds } from './entry.ts';
import { EntryFormatter, type EntryChoice } from './entry-formatter.ts';
import { EncodedLines, LineEnd } from './line.ts';

/** The same by JSON.parse, line by line. */
function formatted(lines: Buffer, choice: EntryChoice): Buffer {
  const pieces: Buffer[] = [];
  for (const line of lines.toString().split('\n').slice(0, -1)) {
    const entry = parseEntry(line);
    if (entry === undefined) continue;
    const time = parseNanoseconds(entry.time) ?? 0n;
    if (choice.until !== undefined && time > choice.until) break;
    if (choice.since !== undefined && time < choice.since) continue;
    if (entry.stream === 'stderr' ? choice.stderr : choice.stdout) pieces.push(formatEntry(entry, choice));
  }
  return Buffer.concat(pieces);
}

const all: EntryChoice = { stdout: true, stderr: true, timestamps: false, details: false, tty: false, since: undefined, until: undefined };
const second = 1_000_000_000n;
const choices = fc.record({
  stdout: fc.boolean(), stderr: fc.boolean(), timestamps: fc.boolean(), details: fc.boolean(), tty: fc.boolean(),
  since: fc.option(fc.bigInt(-2n * second, 12n * second), { nil: undefined }), until: fc.option(fc.bigInt(0n, 12n * second), { nil: undefined }),
});
const moments = fc.record({ seconds: fc.nat(10), nanoseconds: fc.oneof(fc.nat(999_999_999), fc.constantFrom(0, 100_000_000, 1)) });
const texts = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.string({ unit: 'grapheme' }).map((text) => Buffer.from(text)), fc.constant(Buffer.from('\u2028\u0000"\\\t\n')));

/** A line as our writer writes it. */
const ours = fc.tuple(texts, moments, fc.constantFrom('stdout' as const, 'stderr' as const), fc.constantFrom(undefined, '{"a":"1"}')).map(([bytes, moment, stream, attrs]) => {
  const end = new LineEnd(stream, attrs);
  end.stamp(moment);
  const lines = new EncodedLines();
  lines.add({ bytes, from: 0, to: bytes.length }, end);
  return Buffer.from(lines.bytes);
});

/** A line as other writers may have written it, or as a disk gives it back. */
const theirs = fc.oneof(
  fc.record({ log: fc.string({ unit: 'binary' }), stream: fc.constantFrom('stdout', 'stderr'), time: fc.constantFrom('1970-01-01T00:00:05Z', '1970-02-30T00:00:05.5Z', '1970-01-01T00:00:05.0Z', 'x', '1970-01-01T00:00:05.1234567890Z') })
    .map((entry) => Buffer.from(`${JSON.stringify(entry)}\n`)),
  fc.tuple(ours, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 1 }), fc.constantFrom('', '"', '\\', '\n', '\\u12', '\\ud83d', '\\ude00', '\\/', '\\b', '{"log":"', '\u0001', '9')), { minLength: 1, maxLength: 3 })).map(([line, edits]) => {
    let text = line.toString('latin1');
    for (const [where, removed, put] of edits) {
      const at = where % text.length;
      text = text.slice(0, at) + put + text.slice(at + removed);
    }
    return Buffer.from(text.endsWith('\n') ? text : `${text}\n`, 'latin1');
  }),
);

describe('EntryFormatter', () => {
  test('gives of any lines what JSON.parse makes of them', () => {
    fc.assert(fc.property(fc.array(fc.oneof({ weight: 3, arbitrary: ours }, theirs), { maxLength: 8 }), choices, (lines, choice) => {
      const formatter = new EntryFormatter(choice);
      const bytes = Buffer.concat(lines);
      assert.deepEqual(formatter.format(bytes).toString('latin1'), formatted(bytes, choice).toString('latin1'));
    }), { numRuns: 400 });
  });

  test('is over with the first line that is later than what is wanted, and gives nothing of it', () => {
    const line = (time: string): string => `{"log":"${time}\\n","stream":"stdout","time":"1970-01-01T00:00:0${time}Z"}\n`;
    const formatter = new EntryFormatter({ ...all, tty: true, until: 2n * second });
    assert.equal(formatter.format(Buffer.from(line('1') + line('2'))).toString(), '1\n2\n');
    assert.equal(formatter.isOver, false);
    assert.equal(formatter.format(Buffer.from(line('2.000000001') + line('1'))).toString(), '');
    assert.equal(formatter.isOver, true);
  });
});
