import koffi, { type LibraryHandle } from 'koffi';
import { GantryError } from '../base/errors.ts';
import { holdLowDescriptors, withLowDescriptors } from './low-descriptors.ts';
import { withoutSignals } from './signal-mask.ts';

/**
 * libnftables in this process: text in, JSON out. One `run` is one transaction: all or nothing.
 * (JSON input of libnftables 1.0.6 turns a concatenated map into a set, hence text.) It acts in the network namespace in
 * which `openNftables` was called: the library opens its socket then.
 */
export interface Nftables {
  /** @throws GantryError internal, with nft's own words */
  run(commands: string): void;
  /** @throws GantryError internal, with nft's own words */
  list(commands: string): unknown[];
  close(): void;
}

const outputJson = 1 << 4;
const outputNumeric = (1 << 5) | (1 << 6) | (1 << 9);
type Functions = ReturnType<typeof load>;
let functions: Functions | undefined;

export function openNftables(): Nftables {
  const nft = (functions ??= load());
  const context = withLowDescriptors((): unknown => nft.create(0));
  if (context === null) throw new GantryError('internal', 'libnftables: no memory for a context');
  nft.bufferOutput(context);
  nft.bufferErrors(context);
  const run = (commands: string, flags: number): string => {
    nft.setFlags(context, flags);
    // It waits with select(2), which every signal interrupts, and takes that for a refusal of what the kernel has done by then.
    const failed: number = withoutSignals(() => nft.run(context, commands));
    const output: string = nft.output(context) ?? '';
    const errors: string = nft.errors(context) ?? '';
    if (failed !== 0) throw new GantryError('internal', `nft: ${errors.trim() || 'the command failed without a message'}`);
    return output;
  };
  return {
    run: (commands) => void run(commands, 0),
    list: (commands) => {
      const output = run(commands, outputJson | outputNumeric);
      return output === '' ? [] : (JSON.parse(output) as { nftables: unknown[] }).nftables;
    },
    close: () => {
      nft.free(context);
      holdLowDescriptors();
    },
  };
}

/** Loaded at the first use, so that a machine without the library can still run everything else. */
function load() {
  const library = open();
  return {
    create: library.func('void *nft_ctx_new(uint32_t flags)'),
    free: library.func('void nft_ctx_free(void *ctx)'),
    bufferOutput: library.func('int nft_ctx_buffer_output(void *ctx)'),
    bufferErrors: library.func('int nft_ctx_buffer_error(void *ctx)'),
    setFlags: library.func('void nft_ctx_output_set_flags(void *ctx, unsigned int flags)'),
    run: library.func('int nft_run_cmd_from_buffer(void *ctx, const char *buf)'),
    output: library.func('const char *nft_ctx_get_output_buffer(void *ctx)'),
    errors: library.func('const char *nft_ctx_get_error_buffer(void *ctx)'),
  };
}

function open(): LibraryHandle {
  try {
    return koffi.load('libnftables.so.1');
  } catch (cause) {
    throw new GantryError('unavailable', 'libnftables.so.1 cannot be loaded', { cause, hint: 'Install it: apt-get install libnftables1' });
  }
}
