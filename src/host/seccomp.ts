import koffi from 'koffi';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { libc } from './ffi.ts';

/**
 * Compiles a seccomp profile to the kernel's bytecode with libseccomp, the library the OCI runtimes use: the result is what they
 * would load. A runtime does this anew in every start, 10 ms each here.
 */
export interface FilterRule {
  names: readonly string[];
  action: string;
  errnoRet?: number;
  args?: { index: number; value: number; valueTwo?: number; op: string }[];
}

export interface Filter {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  flags?: string[];
  syscalls?: FilterRule[];
}

const compare: Record<string, number> = {
  SCMP_CMP_NE: 1, SCMP_CMP_LT: 2, SCMP_CMP_LE: 3, SCMP_CMP_EQ: 4, SCMP_CMP_GE: 5, SCMP_CMP_GT: 6, SCMP_CMP_MASKED_EQ: 7,
};
const EEXIST = -17;

/** Undefined when libseccomp is not here, or for what this does not translate: then the runtime does it. */
export function compileSeccomp(filter: Filter): Buffer | undefined {
  const library = loadLibrary();
  const actions = [filter.defaultAction, ...(filter.syscalls ?? []).map(({ action }) => action)];
  if (library === undefined || (filter.flags?.length ?? 0) > 0 || actions.some((action) => !['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO'].includes(action))) return undefined;
  const context = library.init(actionNumber(filter.defaultAction, filter.defaultErrnoRet)) as unknown;
  if (context === null) return undefined;
  try {
    return addAll(library, context, filter) ? exported(library, context) : undefined;
  } finally {
    library.release(context);
  }
}

type Library = NonNullable<ReturnType<typeof loadLibrary>>;

function addAll(library: Library, context: unknown, filter: Filter): boolean {
  for (const architecture of filter.architectures ?? []) {
    const token = library.resolveArchitecture(architecture.replace(/^SCMP_ARCH_/, '').toLowerCase()) as number;
    const result = library.addArchitecture(context, token) as number;
    if (result !== 0 && result !== EEXIST) return false;
  }
  const standard = actionNumber(filter.defaultAction, filter.defaultErrnoRet);
  return (filter.syscalls ?? []).every((rule) => {
    const action = actionNumber(rule.action, rule.errnoRet);
    return action === standard || addRule(library, context, rule, action);
  });
}

function addRule(library: Library, context: unknown, rule: FilterRule, action: number): boolean {
  const args = rule.args ?? [];
  // Two conditions on one argument mean "or" to the runtimes, and cannot be one rule.
  if (new Set(args.map(({ index }) => index)).size !== args.length || args.some(({ op }) => compare[op] === undefined)) return false;
  const bytes = Buffer.alloc(24 * Math.max(1, args.length));
  args.forEach(({ index, op, value, valueTwo = 0 }, place) => {
    bytes.writeUInt32LE(index, place * 24);
    bytes.writeUInt32LE(compare[op]!, place * 24 + 4);
    bytes.writeBigUInt64LE(BigInt(value), place * 24 + 8);
    bytes.writeBigUInt64LE(BigInt(valueTwo), place * 24 + 16);
  });
  for (const name of rule.names) {
    const number = library.resolveCall(name) as number;
    // A name that this libseccomp does not know cannot be allowed: runtimes skip it too.
    if (number === -1) continue;
    const result = library.addRule(context, action, number, args.length, bytes) as number;
    if (result !== 0 && result !== EEXIST) return false;
  }
  return true;
}

function actionNumber(action: string, errno = 1): number {
  return action === 'SCMP_ACT_ALLOW' ? 0x7fff0000 : 0x00050000 | errno;
}

function exported(library: Library, context: unknown): Buffer | undefined {
  const descriptor = library.memfd('gantry-seccomp', 1) as number;
  if (descriptor === -1) return undefined;
  try {
    if ((library.exportBpf(context, descriptor) as number) !== 0) return undefined;
    const program = Buffer.alloc(fstatSync(descriptor).size);
    readSync(descriptor, program, 0, program.length, 0);
    return program;
  } finally {
    closeSync(descriptor);
  }
}

let loaded: ReturnType<typeof declare> | undefined | null = null;

function loadLibrary(): ReturnType<typeof declare> | undefined {
  if (loaded !== null) return loaded;
  try {
    loaded = declare(koffi.load('libseccomp.so.2'));
  } catch {
    loaded = undefined;
  }
  return loaded;
}

function declare(library: ReturnType<typeof koffi.load>) {
  return {
    init: library.func('void *seccomp_init(uint32_t action)'),
    release: library.func('void seccomp_release(void *context)'),
    resolveArchitecture: library.func('uint32_t seccomp_arch_resolve_name(const char *name)'),
    addArchitecture: library.func('int seccomp_arch_add(void *context, uint32_t token)'),
    resolveCall: library.func('int seccomp_syscall_resolve_name(const char *name)'),
    addRule: library.func('int seccomp_rule_add_array(void *context, uint32_t action, int call, unsigned int count, void *arguments)'),
    exportBpf: library.func('int seccomp_export_bpf(void *context, int fd)'),
    memfd: libc.func('int memfd_create(const char *name, unsigned int flags)'),
  };
}
