import koffi from 'koffi';
import { arch } from 'node:process';
import { closeSync, openSync } from 'node:fs';
import { checked, HostError, libc } from './ffi.ts';

/**
 * bpf(2), as far as hooks on connect(2) of a whole cgroup need it. Layouts: `union bpf_attr` of linux/bpf.h; what lies beyond a layout is zero to the kernel.
 * Descriptors are close-on-exec; a program that is attached lives on without them, with its maps.
 */
const pair = (name: string, fields: Record<string, string>): void => void koffi.struct(name, fields);
pair('gantry_bpf_map', { type: 'uint32_t', keySize: 'uint32_t', valueSize: 'uint32_t', maxEntries: 'uint32_t', flags: 'uint32_t', innerMap: 'uint32_t', numaNode: 'uint32_t', name: 'char[16]' });
pair('gantry_bpf_element', { map: 'uint32_t', padding: 'uint32_t', key: 'const void *', value: 'const void *', flags: 'uint64_t' });
pair('gantry_bpf_program', {
  type: 'uint32_t', count: 'uint32_t', instructions: 'const void *', license: 'const char *', logLevel: 'uint32_t', logSize: 'uint32_t', log: 'void *',
  kernelVersion: 'uint32_t', flags: 'uint32_t', name: 'char[16]', interface: 'uint32_t', attachType: 'uint32_t',
});
pair('gantry_bpf_attach', { target: 'uint32_t', program: 'uint32_t', type: 'uint32_t', flags: 'uint32_t', replaced: 'uint32_t' });
pair('gantry_bpf_query', { target: 'uint32_t', type: 'uint32_t', flags: 'uint32_t', attachFlags: 'uint32_t', ids: 'void *', count: 'uint32_t' });
pair('gantry_bpf_id', { id: 'uint32_t', next: 'uint32_t', flags: 'uint32_t' });
pair('gantry_bpf_info', { fd: 'uint32_t', length: 'uint32_t', info: 'void *' });

const declared = (name: string) => libc.func(`long syscall(long number, int command, _Inout_ ${name} *attributes, uint32_t size)`);
const calls = {
  createMap: declared('gantry_bpf_map'), element: declared('gantry_bpf_element'), load: declared('gantry_bpf_program'), attach: declared('gantry_bpf_attach'),
  query: declared('gantry_bpf_query'), byId: declared('gantry_bpf_id'), info: declared('gantry_bpf_info'),
};
const callNumber = arch === 'arm64' ? 280 : 321;
const command = { createMap: 0, update: 2, delete: 3, load: 5, attach: 8, detach: 9, programById: 13, info: 15, query: 16 } as const;

const hashMap = 1;
const notPreallocated = 1;
const cgroupSockAddr = 18;
/** BPF_CGROUP_INET6_CONNECT. */
const connect6 = 11;
const allowMulti = 2;
const replace = 4;

function call(which: keyof typeof calls, number: number, attributes: object): number {
  return checked(Number(calls[which](callNumber, number, attributes, koffi.sizeof(sizes[which]))), 'bpf', which);
}
const sizes = {
  createMap: 'gantry_bpf_map', element: 'gantry_bpf_element', load: 'gantry_bpf_program', attach: 'gantry_bpf_attach', query: 'gantry_bpf_query', byId: 'gantry_bpf_id', info: 'gantry_bpf_info',
} as const;

/** A hash table of the kernel, grown as it is filled. @param options sizes in bytes; the name has at most 15 @throws HostError */
export function createMap(options: { name: string; keySize: number; valueSize: number; maxEntries: number }): number {
  return call('createMap', command.createMap, { type: hashMap, flags: notPreallocated, innerMap: 0, numaNode: 0, ...options });
}

/** @throws HostError */
export function setElement(map: number, key: Buffer, value: Buffer): void {
  call('element', command.update, { map, padding: 0, key, value, flags: 0 });
}

/** Nothing happens when it is not there. @throws HostError */
export function deleteElement(map: number, key: Buffer): void {
  try {
    call('element', command.delete, { map, padding: 0, key, value: null, flags: 0 });
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'ENOENT') throw error;
  }
}

/** A program for connect(2) to IPv6 addresses. @throws HostError: EPERM without the capability, EINVAL for what the kernel does not allow */
export function loadConnect6(name: string, instructions: Buffer): number {
  return call('load', command.load, {
    type: cgroupSockAddr, count: instructions.length / 8, instructions, license: 'GPL', logLevel: 0, logSize: 0, log: null,
    kernelVersion: 0, flags: 0, name, interface: 0, attachType: connect6,
  });
}

/** Lets the program see each connect(2) of the cgroup's processes, in the place of another when `replaced` is one. Others' programs run too. @throws HostError */
export function attachConnect6(cgroup: string, program: number, replaced: number | undefined): void {
  withDirectory(cgroup, (target) => call('attach', command.attach, {
    target, program, type: connect6, flags: allowMulti | (replaced === undefined ? 0 : replace), replaced: replaced ?? 0,
  }));
}

/** @throws HostError */
export function detachConnect6(cgroup: string, program: number): void {
  withDirectory(cgroup, (target) => call('attach', command.detach, { target, program, type: connect6, flags: 0, replaced: 0 }));
}

/** The attached program of that name, to be closed by the caller. @throws HostError */
export function attachedConnect6(cgroup: string, name: string): number | undefined {
  let found: number | undefined;
  for (const program of attachedPrograms(cgroup)) {
    if (found === undefined && programName(program) === name) found = program;
    else closeSync(program);
  }
  return found;
}

/** What is attached there, by name. @throws HostError */
export function namesOfConnect6(cgroup: string): string[] {
  return attachedPrograms(cgroup).map((program) => {
    try {
      return programName(program);
    } finally {
      closeSync(program);
    }
  });
}

/** One that is detached while we look may be gone. */
function attachedPrograms(cgroup: string): number[] {
  return withDirectory(cgroup, attachedIds).flatMap((id) => {
    try {
      return [call('byId', command.programById, { id, next: 0, flags: 0 })];
    } catch (error) {
      if (error instanceof HostError && error.code === 'ENOENT') return [];
      throw error;
    }
  });
}

function attachedIds(target: number): number[] {
  const ids = Buffer.alloc(4 * 64);
  const attributes = { target, type: connect6, flags: 0, attachFlags: 0, ids, count: ids.length / 4 };
  call('query', command.query, attributes);
  return Array.from({ length: attributes.count }, (_, index) => ids.readUInt32LE(4 * index));
}

/** `struct bpf_prog_info` has the name at byte 64. */
function programName(program: number): string {
  const info = Buffer.alloc(80);
  call('info', command.info, { fd: program, length: info.length, info });
  const name = info.subarray(64, 80);
  return name.subarray(0, name.indexOf(0)).toString();
}

function withDirectory<T>(path: string, act: (fd: number) => T): T {
  const fd = openSync(path, 'r');
  try {
    return act(fd);
  } finally {
    closeSync(fd);
  }
}
