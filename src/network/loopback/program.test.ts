import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf, keySize, redirectProgram, valueOf, valueSize } from './program.ts';

test('keyOf() puts the port in network order before the protocol', () => {
  assert.equal(keyOf('tcp', 8080).toString('hex'), '1f900600');
  assert.equal(keyOf('udp', 53).toString('hex'), '00351100');
  assert.equal(keyOf('tcp', 1).length, keySize);
});

test('valueOf() writes an IPv4 address as IPv6 maps it', () => {
  assert.equal(valueOf(Buffer.from([172, 17, 0, 2]), 80).toString('hex'), '00000000000000000000ffffac11000200500000');
  assert.equal(valueOf(Buffer.alloc(16, 0xfd), 80).toString('hex'), `${'fd'.repeat(16)}00500000`);
  assert.equal(valueOf(Buffer.alloc(16), 1).length, valueSize);
});

for (const [sparing, count] of [[false, 6], [true, 8]] as const) {
  test(`redirectProgram() ${sparing ? 'that spares sockets of IPv6 alone ' : ''}jumps to its last two steps, return 1`, () => {
    const program = redirectProgram(0x1_2345_6789n, 7, { sparing });
    const steps = program.length / 8;
    const jumps = Array.from({ length: steps }, (_, at) => at).filter((at) => [0x55, 0x5d, 0x15].includes(program.readUInt8(at * 8)));
    const toTheEnd = jumps.filter((at) => at + 1 + program.readInt16LE(at * 8 + 2) === steps - 2);
    assert.equal(toTheEnd.length, count);
    assert.equal(jumps.length - toTheEnd.length, sparing ? 2 : 0);
    assert.equal(program.subarray(-16).toString('hex'), 'b7000000010000009500000000000000');
  });
}
