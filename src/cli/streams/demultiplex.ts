import { GantryError } from '../../base/errors.ts';

export type Channel = 'stdout' | 'stderr';

/**
 * Splits a stream of 8-byte headed frames `[channel, 0, 0, 0, length]`. Channel 3 carries an error of the engine.
 * https://docs.docker.com/reference/api/engine/ (ContainerAttach, stream format)
 */
export async function* frames(source: AsyncIterable<Buffer>): AsyncGenerator<[Channel, Buffer]> {
  let held: Buffer = Buffer.alloc(0);
  let channel = 0;
  let left = 0;
  for await (const chunk of source) {
    let bytes: Buffer = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    held = Buffer.alloc(0);
    while (bytes.length > 0) {
      if (left === 0) {
        if (bytes.length < 8) break;
        channel = bytes[0] ?? 0;
        if (channel > 3) throw new GantryError('internal', `unrecognized stream: ${channel}`);
        left = bytes.readUInt32BE(4);
        bytes = bytes.subarray(8);
        continue;
      }
      // An error is told whole; output goes out as it comes.
      if (channel === 3 && bytes.length < left) break;
      const part = bytes.subarray(0, left);
      bytes = bytes.subarray(part.length);
      left -= part.length;
      if (channel === 3) throw new GantryError('internal', `error from daemon in stream: ${part.toString('utf8')}`);
      yield [channel === 2 ? 'stderr' : 'stdout', part];
    }
    held = bytes;
  }
}
