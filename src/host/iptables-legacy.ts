import { readFileSync } from 'node:fs';
import { libc } from './ffi.ts';

const socket = libc.func('int socket(int domain, int type, int protocol)');
const close = libc.func('int close(int fd)');
const getsockopt = libc.func('int getsockopt(int fd, int level, int name, _Inout_ uint8_t *value, _Inout_ uint32_t *length)');

const option = { info: 64, entries: 65 } as const;
const forwardHook = 2;
/** Verdicts stand as -1 - verdict: NF_DROP is 0. */
const drop = -1;

/**
 * The policy of the FORWARD chain of the old iptables (`iptables-legacy`), which nft cannot see; undefined when nobody uses that table in
 * the calling thread's network namespace. Asking the kernel for a table that is not there would make it, hence the look into /proc first.
 * Source: linux/netfilter_ipv4/ip_tables.h.
 */
export function legacyForwardPolicy(): 'accept' | 'drop' | undefined {
  if (!tableNames().includes('filter')) return undefined;
  const fd: number = socket(2, 3 | 0o2000000, 255);
  if (fd === -1) return undefined;
  try {
    const info = ask(fd, option.info, named(84));
    if (info === undefined) return undefined;
    const size = info.readUInt32LE(80);
    const request = named(40 + size);
    request.writeUInt32LE(size, 32);
    const entries = ask(fd, option.entries, request)?.subarray(40);
    return entries === undefined ? undefined : verdictAt(entries, info.readUInt32LE(56 + 4 * forwardHook));
  } finally {
    close(fd);
  }
}

/** The rule at the end of a chain is its policy. */
function verdictAt(entries: Buffer, offset: number): 'accept' | 'drop' | undefined {
  const targetOffset = 88;
  const targetHeader = 32;
  if (offset + targetOffset + 2 > entries.length) return undefined;
  const verdict = offset + entries.readUInt16LE(offset + targetOffset) + targetHeader;
  if (verdict + 4 > entries.length) return undefined;
  return entries.readInt32LE(verdict) === drop ? 'drop' : 'accept';
}

function named(bytes: number): Buffer {
  const request = Buffer.alloc(bytes);
  request.write('filter', 0);
  return request;
}

function ask(fd: number, name: number, request: Buffer): Buffer | undefined {
  return getsockopt(fd, 0, name, request, new Uint32Array([request.length])) === 0 ? request : undefined;
}

function tableNames(): string[] {
  try {
    return readFileSync('/proc/thread-self/net/ip_tables_names', 'utf8').split('\n');
  } catch {
    return []; // this kernel has no such tables
  }
}
