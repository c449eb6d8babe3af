import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import type { LogSettings } from '../driver/runtime.ts';
import { parseEntry, parseNanoseconds } from './entry.ts';
import { LineSplitter, partBytes, type LinePart } from './line-splitter.ts';
import { logEndOf } from './log-end.ts';
import { LogWriter } from './log-writer.ts';
import { readLog, type ReadLogOptions } from './read-log.ts';
import { formatMoment, nextMoment } from './time.ts';

const directory = mkdtempSync(join(tmpdir(), 'gantry-logs-'));
after(() => rmSync(directory, { recursive: true }));
let files = 0;
const newPath = (): string => join(directory, `log-${++files}`, 'json.log');

function writer(path: string, settings: Partial<LogSettings> = {}): LogWriter {
  return new LogWriter({ driver: 'json-file', path, maxFiles: 1, ...settings }, (error) => { throw error; });
}

const everything: ReadLogOptions = {
  follow: false, stdout: true, stderr: true, timestamps: false, details: false, since: undefined, until: undefined, tail: undefined,
  ended: () => true, abort: new AbortController().signal, tty: true,
};

async function read(path: string, options: Partial<ReadLogOptions> = {}): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readLog(path, 'json-file', { ...everything, ...options })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('LineSplitter', () => {
  const split = (chunks: Buffer[]): { text: string; last: boolean; first: boolean }[] => {
    const parts: { text: string; last: boolean; first: boolean }[] = [];
    const splitter = new LineSplitter();
    const emit = ({ bytes, from, to, first }: LinePart): void => void parts.push({ text: bytes.toString('latin1', from, to), last: bytes[to - 1] === 10, first });
    for (const chunk of chunks) splitter.push(chunk, emit);
    splitter.end(emit);
    return parts;
  };

  test('cuts lines the same way however the bytes arrive', () => {
    const text = fc.array(fc.oneof(fc.constant('\n'), fc.nat({ max: 2 * partBytes + 3 }).map((length) => 'x'.repeat(length))), { maxLength: 6 }).map((parts) => parts.join(''));
    fc.assert(fc.property(text, fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 8 }), (all, sizes) => {
      const bytes = Buffer.from(all);
      const chunks: Buffer[] = [];
      for (let from = 0, turn = 0; from < bytes.length; turn++) {
        const size = sizes[turn % sizes.length]!;
        chunks.push(bytes.subarray(from, from + size));
        from += size;
      }
      const parts = split(chunks);
      assert.deepEqual(parts, split([bytes]));
      assert.equal(parts.map(({ text: part }) => part).join(''), all);
      assert.ok(parts.every(({ text: part, last }) => part.length <= partBytes + 1 && last === part.endsWith('\n')));
    }), { numRuns: 50 });
  });

  test('ends a line of exactly one part with a newline of its own', () => {
    assert.deepEqual(split([Buffer.from(`${'x'.repeat(partBytes)}\ny`)]).map(({ text, last, first }) => [text.length, last, first]), [
      [partBytes, false, true], [1, true, false], [1, false, true],
    ]);
  });
});

describe('LogWriter', () => {
  test('gives the parts of one line the same time', async () => {
    const path = newPath();
    const log = writer(path);
    log.write('stdout', Buffer.from('x'.repeat(partBytes + 10)));
    log.write('stdout', Buffer.from('end\n'));
    await log.close();
    const entries = readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => parseEntry(line)!);
    assert.deepEqual(entries.map(({ log: text }) => text.length), [partBytes, 14]);
    assert.equal(entries[0]!.time, entries[1]!.time);
  });

  test('keeps as many files as it may, none much longer than it may be', async () => {
    const path = newPath();
    const log = writer(path, { maxSize: 1000, maxFiles: 3 });
    for (let line = 0; line < 200; line++) log.write('stdout', Buffer.from(`line ${line}\n`));
    await log.close();
    assert.deepEqual(readdirSync(join(path, '..')).sort(), ['json.log', 'json.log.1', 'json.log.2']);
    for (const name of ['', '.1', '.2']) assert.ok(readFileSync(`${path}${name}`).length < 1100);
    assert.ok((await read(path)).endsWith('line 198\nline 199\n'));
  });

  test('compresses what it rotates away', async () => {
    const path = newPath();
    const log = writer(path, { maxSize: 500, maxFiles: 4, compress: true });
    for (let line = 0; line < 10; line++) log.write('stdout', Buffer.from(`line ${line}\n`));
    await log.close();
    assert.ok(existsSync(`${path}.1.gz`) && !existsSync(`${path}.1`));
    assert.equal(await read(path), Array.from({ length: 10 }, (_, line) => `line ${line}\n`).join(''));
    assert.equal(await read(path, { tail: 8 }), Array.from({ length: 8 }, (_, line) => `line ${line + 2}\n`).join(''));
  });

  test('writes on when a rotation failed for a while', async () => {
    const path = newPath();
    const failures: unknown[] = [];
    const log = new LogWriter({ driver: 'json-file', path, maxFiles: 2, maxSize: 100 }, (error) => failures.push(error));
    log.write('stdout', Buffer.from('before, and long enough to fill a whole file\n'));
    mkdirSync(join(`${path}.1`, 'in the way'), { recursive: true });
    log.write('stdout', Buffer.from('lost\n'));
    assert.equal(failures.length, 1);
    rmSync(`${path}.1`, { recursive: true });
    log.write('stdout', Buffer.from('after\n'));
    await log.close();
    assert.match(await read(path), /^before.*\n(lost\n)?after\n$/);
  });

  test('begins a line of its own after one that a dead writer left unfinished', async () => {
    const path = newPath();
    await writer(path).close();
    writeFileSync(path, '{"log":"whole\\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}\n{"log":"hal');
    const log = writer(path);
    log.write('stdout', Buffer.from('next\n'));
    await log.close();
    assert.equal(await read(path), 'whole\nnext\n');
  });
});

describe('readLog', () => {
  test('reads the last lines over any number of rotated files', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.string({ maxLength: 300 }).map((text) => text.replaceAll('\n', '')), { maxLength: 40 }), fc.nat({ max: 45 }), async (lines, tail) => {
      const path = newPath();
      const log = writer(path, { maxSize: 700, maxFiles: 1000 });
      for (const line of lines) log.write('stdout', Buffer.from(`${line}\n`));
      await log.close();
      const all = lines.map((line) => `${line}\n`);
      assert.equal(await read(path), all.join(''));
      assert.equal(await read(path, { tail }), all.slice(Math.max(0, all.length - tail)).join(''));
    }), { numRuns: 40 });
  });

  test('leaves out an unfinished last line', async () => {
    const path = newPath();
    await writer(path).close();
    writeFileSync(path, '{"log":"one\\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}\n{"log":"tw');
    assert.equal(await read(path), 'one\n');
    assert.equal(await read(path, { tail: 1 }), 'one\n');
  });

  test('chooses by time, both ends included, and by stream', async () => {
    const path = newPath();
    await writer(path).close();
    for (const second of [1, 2, 3, 4]) {
      appendFileSync(path, `${JSON.stringify({ log: `${second}\n`, stream: second % 2 === 0 ? 'stderr' : 'stdout', time: `2026-01-01T00:00:0${second}Z` })}\n`);
    }
    const at = (second: number): bigint => parseNanoseconds(`2026-01-01T00:00:0${second}Z`)!;
    assert.equal(await read(path, { since: at(2), until: at(3) }), '2\n3\n');
    assert.equal(await read(path, { stderr: false }), '1\n3\n');
  });

  test('frames without a tty, and puts time before details before the line', async () => {
    const path = newPath();
    await writer(path).close();
    writeFileSync(path, `${JSON.stringify({ log: 'x\n', stream: 'stderr', attrs: { b: '2 3', a: '1' }, time: '2026-01-01T00:00:00.5Z' })}\n`);
    const text = await read(path, { tty: false, timestamps: true, details: true });
    const body = '2026-01-01T00:00:00.500000000Z a=1,b=2+3 x\n';
    assert.equal(text, `\u0002\0\0\0\0\0\0${String.fromCharCode(body.length)}${body}`);
  });

  for (const [title, options, expected] of [
    ['all', {}, 5000], ['the last 7', { tail: 7 }, 7], ['none', { tail: 0 }, 0], ['those since', { since: 1n }, 5000], ['those until', { until: 10n ** 19n }, 5000],
    ['those with times', { timestamps: true }, 5000],
  ] as const) {
    test(`gives ${title} of the lines that there were when it began, of a log that grows faster than it is read`, async () => {
      const path = newPath();
      const log = writer(path, { maxSize: 100_000, maxFiles: 1000 });
      const add = (from: number, to: number): void => { for (let line = from; line < to; line++) log.write('stdout', Buffer.from(`line ${String(line).padStart(9)}\n`)); };
      add(0, 5000);
      const lines: string[] = [];
      let there = 5000;
      for await (const chunk of readLog(path, 'json-file', { ...everything, ...options })) {
        lines.push(...String(chunk).split('\n').filter((line) => line !== ''));
        if (there < 25_000) add(there, there += 2000);
      }
      await log.close();
      assert.equal(lines.length, expected);
      if (expected > 0) assert.ok(lines.at(-1)!.endsWith('line      4999'), lines.at(-1));
    });
  }

  for (const [title, settings] of [['', {}], [', also where it is emptied', { maxFiles: 1 }], [', also where they are compressed', { compress: true }]] as const) {
    test(`reads whole lines in order while the log is rotated all the time${title}`, async () => {
      const path = newPath();
      const log = writer(path, { maxSize: 300, maxFiles: 4, ...settings });
      let line = 0;
      let reading = true;
      const writing = (async () => {
        for (; reading; await new Promise(setImmediate)) for (let burst = 0; burst < 5; burst++) log.write('stdout', Buffer.from(`${++line}\n`));
      })();
      try {
        for (let round = 0; round < 40; round++) {
          const before = line;
          const numbers = (await read(path)).split('\n').slice(0, -1).map(Number);
          assert.deepEqual(numbers, Array.from({ length: numbers.length }, (_, index) => numbers[0]! + index));
          if (numbers.length > 0) assert.ok(numbers.at(-1)! >= before, `${numbers.at(-1)} after ${before}`);
        }
      } finally {
        reading = false;
        await writing;
        await log.close();
      }
    });
  }

  test('follows to its last line what was compressed while nobody read', async () => {
    const path = newPath();
    const log = writer(path, { maxSize: 400, maxFiles: 100, compress: true });
    const write = (from: number, to: number): void => { for (let line = from; line < to; line++) log.write('stdout', Buffer.from(`line ${line}\n`)); };
    write(0, 3);
    let ended = false;
    let text = '';
    for await (const chunk of readLog(path, 'json-file', { ...everything, follow: true, ended: () => ended })) {
      text += String(chunk);
      for (let line = 3; !ended && line < 40; line++) {
        write(line, line + 1);
        // One file is compressed at a time: the next is not rotated before.
        while (existsSync(`${path}.1`)) await new Promise(setImmediate);
      }
      ended = true;
    }
    await log.close();
    assert.equal(text, Array.from({ length: 40 }, (_, line) => `line ${line}\n`).join(''));
  });

  test('reads no further than the given end, in whatever file it is by now', async () => {
    for (const settings of [{}, { compress: true }]) {
      const path = newPath();
      const none = logEndOf(path);
      const log = writer(path, { maxSize: 400, maxFiles: 100, ...settings });
      const empty = logEndOf(path);
      for (let line = 0; line < 3; line++) log.write('stdout', Buffer.from(`line ${line}\n`));
      const end = logEndOf(path);
      for (let line = 3; line < 40; line++) log.write('stdout', Buffer.from(`line ${line}\n`));
      await log.close();
      assert.deepEqual([await read(path, { end: none }), await read(path, { end: empty })], ['', '']);
      assert.equal(await read(path, { end }), 'line 0\nline 1\nline 2\n');
    }
  });

  test('follows over rotations until the container has ended', async () => {
    const path = newPath();
    const log = writer(path, { maxSize: 400, maxFiles: 100 });
    log.write('stdout', Buffer.from('line 0\n'));
    let ended = false;
    const reading = readLog(path, 'json-file', { ...everything, follow: true, ended: () => ended });
    let text = '';
    let next = 1;
    for await (const chunk of reading) {
      text += String(chunk);
      if (next < 60) for (const stop = next + 7; next < stop; next++) log.write('stdout', Buffer.from(`line ${next}\n`));
      else {
        await log.close();
        ended = true;
      }
    }
    assert.equal(text, Array.from({ length: next }, (_, line) => `line ${line}\n`).join(''));
  });

  test('stops following when it is aborted', async () => {
    const path = newPath();
    await writer(path).close();
    const abort = new AbortController();
    const reading = readLog(path, 'json-file', { ...everything, follow: true, ended: () => false, abort: abort.signal });
    const end = (async () => { for await (const chunk of reading) assert.fail(String(chunk)); })();
    abort.abort();
    await end;
  });

  test('follows a log to its end whose directory cannot be watched', async () => {
    assert.equal(await read(newPath(), { follow: true }), '');
  });

  test('refuses a driver that keeps nothing', () => {
    assert.throws(() => readLog('/nowhere', 'none', everything), /configured logging driver does not support reading/);
  });
});

describe('time', () => {
  test('nextMoment never repeats', () => {
    const times = Array.from({ length: 1000 }, () => parseNanoseconds(formatMoment(nextMoment()))!);
    assert.ok(times.every((time, index) => index === 0 || time > times[index - 1]!));
  });

  test('nextMoment is in the millisecond of the wall clock', () => {
    for (let round = 0; round < 5000; round++) {
      const before = Date.now();
      const { seconds, nanoseconds } = nextMoment();
      const time = seconds * 1000 + Math.floor(nanoseconds / 1e6);
      const after = Date.now();
      assert.ok(before <= time && time <= after, `${before} ${time} ${after}`);
    }
  });

  test('formatMoment leaves out zeros at the end, and parseNanoseconds reads it', () => {
    assert.equal(formatMoment({ seconds: 1, nanoseconds: 500_000_000 }), '1970-01-01T00:00:01.5Z');
    assert.equal(formatMoment({ seconds: 2, nanoseconds: 0 }), '1970-01-01T00:00:02Z');
    const moments = fc.record({ seconds: fc.nat(4_000_000_000), nanoseconds: fc.nat(999_999_999) });
    fc.assert(fc.property(moments, (moment) => parseNanoseconds(formatMoment(moment)) === BigInt(moment.seconds) * 1_000_000_000n + BigInt(moment.nanoseconds)));
  });
});
