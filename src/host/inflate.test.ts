import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { decompressed, plainChunks } from './files-decompress.ts';

const large = Buffer.alloc(1_500_000, 'as compressible as a layer ');

async function* cut(bytes: Buffer, step: number): AsyncGenerator<Buffer> {
  // One buffer for all chunks: nobody may keep one.
  const chunk = Buffer.alloc(step);
  for (let at = 0; at < bytes.length; at += step) yield chunk.subarray(0, bytes.copy(chunk, 0, at, at + step));
}

async function plain(bytes: Buffer, step: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of (await plainChunks(cut(bytes, step))).chunks) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

const compressors = { gzip: gzipSync, zstd: (bytes: Buffer) => zstdCompressSync(bytes), none: (bytes: Buffer) => bytes };

describe('decompressed()', () => {
  const streamed = async (bytes: Buffer, step: number): Promise<Buffer> => {
    const pieces = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) => bytes.subarray(index * step, (index + 1) * step));
    return Buffer.concat(await (await decompressed(Readable.from(pieces, { objectMode: false }))).stream.toArray());
  };

  for (const name of ['gzip', 'zstd'] as const) {
    it(`reads every member of ${name}, wherever they are cut`, async () => {
      const members = [large, Buffer.from('second'), large].map((bytes) => compressors[name](bytes));
      for (const step of [7, members[0]!.length, members[0]!.length + 1, 1 << 20]) {
        assert.ok((await streamed(Buffer.concat(members), step)).equals(Buffer.concat([large, Buffer.from('second'), large])), `in chunks of ${step}`);
      }
    });

    it(`refuses ${name} whose last member is cut off`, async () => {
      const bytes = Buffer.concat([compressors[name](Buffer.from('first')), compressors[name](large)]);
      await assert.rejects(streamed(bytes.subarray(0, -5), 1000), { kind: 'invalid', message: /truncated/ });
    });
  }

  it('gives back what is shorter than the mark of any compression', async () => {
    for (const text of ['', 'x', 'abc', '\u001f', 'abcde']) assert.equal((await streamed(Buffer.from(text, 'latin1'), 2)).toString('latin1'), text);
  });

  it('lets go of the source when it is destroyed', async () => {
    const source = Readable.from([compressors.zstd(large), compressors.zstd(large)], { objectMode: false });
    const { stream } = await decompressed(source);
    const closed = new Promise((resolve) => source.once('close', resolve));
    for await (const _ of stream) break;
    await closed;
  });
});

describe('plainChunks()', () => {
  for (const [name, compress] of Object.entries(compressors)) {
    for (const step of [1, 4099, 1 << 18]) {
      it(`gives back what ${name} made, in chunks of ${step}`, async () => {
        const bytes = step === 1 ? large.subarray(0, 50_000) : large;
        assert.ok((await plain(compress(bytes), step)).equals(bytes));
      });
    }
  }

  for (const name of ['gzip', 'zstd'] as const) {
    it(`reads every member of ${name}, wherever they are cut`, async () => {
      const members = ['first', 'second', 'third'].map((text) => compressors[name](Buffer.from(text.repeat(40))));
      const bytes = Buffer.concat(members);
      for (const step of [1, members[0]!.length, members[0]!.length + 1, 1000]) {
        assert.equal(String(await plain(bytes, step)), ['first', 'second', 'third'].map((text) => text.repeat(40)).join(''));
      }
    });

    it(`refuses ${name} that is cut off or damaged`, async () => {
      const bytes = compressors[name](large);
      await assert.rejects(plain(bytes.subarray(0, bytes.length - 5), 1000), { kind: 'invalid', message: /truncated/ });
      const damaged = Buffer.from(bytes);
      damaged.fill(0xff, 20, 60);
      await assert.rejects(plain(damaged, 1000), { kind: 'invalid', message: new RegExp(`broken ${name} data`) });
    });
  }

  it('takes zeros behind gzip for padding', async () => {
    assert.equal(String(await plain(Buffer.concat([gzipSync('all'), Buffer.alloc(2000)]), 512)), 'all');
  });

  it('lets go of a source that nobody read', async () => {
    let open = true;
    const source = async function* (): AsyncGenerator<Buffer> {
      try {
        yield Buffer.from('some bytes');
      } finally {
        open = false;
      }
    };
    await (await plainChunks(source())).close();
    assert.equal(open, false);
  });
});
