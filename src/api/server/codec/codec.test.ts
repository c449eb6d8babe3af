import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isGantryError } from '../../../base/errors.ts';
import type { ContainerConfig, HostConfig } from '../../../oci/container.ts';
import { containerConfigStruct } from './container-config.ts';
import { decodeStruct } from './decode.ts';
import { encodeStruct } from './encode.ts';
import { parseExactly } from './exact-number.ts';
import { endpointStruct } from './endpoint.ts';
import type { FieldType, Struct } from './field.ts';
import { hostConfigStruct } from './host-config.ts';

const structs: readonly Struct[] = [containerConfigStruct, hostConfigStruct, endpointStruct];

/** Values of a type as a client that speaks Docker's API sends them. */
function valueOf(type: FieldType): fc.Arbitrary<unknown> {
  if (typeof type === 'object') {
    if ('pointer' in type) return fc.option(valueOf(type.pointer));
    if ('struct' in type) return structValue(type.struct);
    if ('list' in type) return fc.option(fc.array(valueOf(type.list), { maxLength: 3 }));
    return fc.option(fc.dictionary(fc.string(), valueOf(type.map), { maxKeys: 3 }));
  }
  switch (type) {
    case 'string': return fc.string();
    case 'bool': return fc.boolean();
    case 'empty': return fc.constant({});
    case 'words': return fc.oneof(fc.array(fc.string()), fc.string(), fc.constant(null));
    case 'size': return fc.tuple(fc.nat(500), fc.nat(500));
    case 'uint16': return fc.nat(65_535);
    case 'uint32': case 'uint64': return fc.nat();
    default: return fc.maxSafeInteger();
  }
}

function structValue(struct: Struct): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(struct.fields.map(({ wire, type }) => [wire, valueOf(type)])), { requiredKeys: [] });
}

for (const struct of structs) {
  test(`${struct.name}: what was decoded, encoded and decoded again is the same`, () => {
    fc.assert(fc.property(structValue(struct), (wire) => {
      const once = encodeStruct(struct, decodeStruct(struct, wire));
      const again = encodeStruct(struct, decodeStruct(struct, JSON.parse(JSON.stringify(once))));
      assert.deepEqual(again, once);
    }), { numRuns: 100 });
  });

  test(`${struct.name}: any JSON decodes or is refused as invalid, and nothing else happens`, () => {
    const known = fc.dictionary(fc.constantFrom(...struct.fields.map(({ wire }) => wire), '__proto__', 'Unknown'), fc.jsonValue());
    fc.assert(fc.property(fc.oneof(known, fc.jsonValue()), (wire) => {
      try {
        decodeStruct(struct, wire);
      } catch (error) {
        assert.ok(isGantryError(error) && error.kind === 'invalid', String(error));
      }
    }), { numRuns: 500 });
  });

  test(`${struct.name}: each field of the table reaches the domain`, () => {
    for (const { wire, key, type } of struct.fields) {
      const sample = fc.sample(valueOf(type).filter((value) => !['null', '""', '0', 'false', '[0,0]'].includes(JSON.stringify(value))), { numRuns: 1, seed: 7 })[0];
      assert.ok(key in decodeStruct<object>(struct, { [wire]: sample }), wire);
    }
  });
}

const spellings: [wire: string, key: keyof HostConfig][] = [
  ['UTSMode', 'utsMode'], ['IOMaximumIOps', 'ioMaximumIOps'], ['IOMaximumBandwidth', 'ioMaximumBandwidth'], ['NanoCpus', 'nanoCpus'],
  ['ContainerIDFile', 'containerIDFile'], ['Dns', 'dns'], ['BlkioDeviceReadIOps', 'blkioDeviceReadIOps'], ['CgroupnsMode', 'cgroupnsMode'],
];
for (const [wire, key] of spellings) {
  test(`HostConfig.${wire} is ${key}`, () => {
    assert.ok(hostConfigStruct.fields.some((field) => field.wire === wire && field.key === key));
  });
}

test('keys match without regard to case, as in Go', () => {
  assert.deepEqual(decodeStruct<ContainerConfig>(containerConfigStruct, { image: 'x', ENV: ['A=1'] }), { image: 'x', env: ['A=1'] });
});

test('Cmd and Entrypoint may be one bare string', () => {
  assert.deepEqual(decodeStruct<ContainerConfig>(containerConfigStruct, { Cmd: 'ls -l', Entrypoint: [] }), { cmd: ['ls -l'], entrypoint: [] });
});

test('null says nothing', () => {
  assert.deepEqual(decodeStruct<HostConfig>(hostConfigStruct, { Memory: null, MaskedPaths: null, Init: null, ReadonlyPaths: [] }), { readonlyPaths: [] });
});

test('the zero value of a plain type says nothing, behind a pointer it does', () => {
  const host = decodeStruct<HostConfig>(hostConfigStruct, { Memory: 0, IpcMode: '', Privileged: false, ConsoleSize: [0, 0], Init: false, PidsLimit: 0, Binds: [] });
  assert.deepEqual(host, { init: false, pidsLimit: 0, binds: [] });
});

test('an empty HostConfig is written with every field and Go\'s zero values', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(encodeStruct(hostConfigStruct, {}))), {
    Binds: null, ContainerIDFile: '', LogConfig: { Type: '', Config: null }, NetworkMode: '', PortBindings: null,
    RestartPolicy: { Name: '', MaximumRetryCount: 0 }, AutoRemove: false, VolumeDriver: '', VolumesFrom: null, ConsoleSize: [0, 0],
    CapAdd: null, CapDrop: null, CgroupnsMode: '', Dns: null, DnsOptions: null, DnsSearch: null, ExtraHosts: null, GroupAdd: null,
    IpcMode: '', Cgroup: '', Links: null, OomScoreAdj: 0, PidMode: '', Privileged: false, PublishAllPorts: false, ReadonlyRootfs: false,
    SecurityOpt: null, UTSMode: '', UsernsMode: '', ShmSize: 0, Isolation: '', CpuShares: 0, Memory: 0, NanoCpus: 0, CgroupParent: '',
    BlkioWeight: 0, BlkioWeightDevice: null, BlkioDeviceReadBps: null, BlkioDeviceWriteBps: null, BlkioDeviceReadIOps: null,
    BlkioDeviceWriteIOps: null, CpuPeriod: 0, CpuQuota: 0, CpuRealtimePeriod: 0, CpuRealtimeRuntime: 0, CpusetCpus: '', CpusetMems: '',
    Devices: null, DeviceCgroupRules: null, DeviceRequests: null, MemoryReservation: 0, MemorySwap: 0, MemorySwappiness: null,
    OomKillDisable: null, PidsLimit: null, Ulimits: null, CpuCount: 0, CpuPercent: 0, IOMaximumIOps: 0, IOMaximumBandwidth: 0,
    MaskedPaths: null, ReadonlyPaths: null,
  });
});

test('an explicit false or 0 behind a pointer is written, an absent one is not', () => {
  assert.equal(encodeStruct(hostConfigStruct, { init: false })['Init'], false);
  assert.equal('Init' in encodeStruct(hostConfigStruct, {}), false);
  assert.equal(encodeStruct(containerConfigStruct, { stopTimeout: 0 })['StopTimeout'], 0);
});

test('an integer of 64 bits is taken to its end, and written with all its digits', () => {
  const written = (text: string): string => JSON.stringify(encodeStruct(hostConfigStruct, decodeStruct<HostConfig>(hostConfigStruct, parseExactly(`{"MemorySwap":${text}}`)))).match(/"MemorySwap":(-?\d+)/)![1]!;
  for (const text of ['9223372036854775807', '9223372036854771712', '-9223372036854775808', '9007199254740992', '5']) assert.equal(written(text), text);
});

for (const text of ['9223372036854775808', '-9223372036854775809', '1.0', '1e3', '12345678901234567890123']) {
  test(`${text} is no integer of 64 bits to Go`, () => {
    const message = `invalid JSON: json: cannot unmarshal number ${text} into Go struct field HostConfig.Memory of type int64`;
    assert.throws(() => decodeStruct(hostConfigStruct, parseExactly(`{"Memory":${text}}`)), { message });
  });
}

const wrong: [wire: unknown, message: string][] = [
  [{ Memory: '1g' }, 'cannot unmarshal string into Go struct field HostConfig.Memory of type int64'],
  [{ Memory: 1.5 }, 'cannot unmarshal number 1.5 into Go struct field HostConfig.Memory of type int64'],
  [{ BlkioWeight: 70_000 }, 'cannot unmarshal number 70000 into Go struct field HostConfig.BlkioWeight of type uint16'],
  [{ Binds: 'a:b' }, 'cannot unmarshal string into Go struct field HostConfig.Binds of type []string'],
  [{ PortBindings: { '80/tcp': [{ HostPort: 80 }] } }, 'cannot unmarshal number into Go struct field HostConfig.PortBindings.HostPort of type string'],
  [{ Privileged: 'yes' }, 'cannot unmarshal string into Go struct field HostConfig.Privileged of type bool'],
  [{ LogConfig: [] }, 'cannot unmarshal array into Go struct field HostConfig.LogConfig of type LogConfig'],
];
for (const [wire, message] of wrong) {
  test(`HostConfig refuses ${JSON.stringify(wire)}`, () => {
    assert.throws(() => decodeStruct(hostConfigStruct, wire), { message: `invalid JSON: json: ${message}` });
  });
}
