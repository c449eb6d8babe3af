import { Transport } from '../api/client/transport.ts';
import { configDirectory, readConfig, type ClientConfig } from './connection/config-file.ts';
import { transportOptions } from './connection/endpoint.ts';
import type { Context, GlobalFlags, Machine } from './context.ts';
import { isGantryError } from '../base/errors.ts';
import { ExitError } from './errors.ts';
import { Interrupted } from './interrupted.ts';
import { standard } from './streams/standard.ts';

/** The context of this process. Nothing is opened or read before it is needed. */
export function createContext(globals: GlobalFlags, machine: Machine): Context {
  const { env } = process;
  let api: Transport | undefined;
  let config: ClientConfig | undefined;
  let interrupted: AbortSignal | undefined;
  const warn = (line: string): void => { standard.stderr.write(`${line}\n`); };
  const context: Context = {
    env, globals, machine, warn,
    get stdout() {
      return standard.stdout;
    },
    get stderr() {
      return standard.stderr;
    },
    get stdin() {
      return process.stdin;
    },
    get config() {
      config ??= readConfig(configDirectory(env, globals.config), warn);
      return config;
    },
    get api() {
      api ??= connectTo(context, () => interrupted);
      return api;
    },
    interruptible: () => (interrupted ??= interruptSignal()),
    print: (line) => { standard.stdout.write(`${line}\n`); },
  };
  return context;
}

function connectTo(context: Context, signal: () => AbortSignal | undefined): Transport {
  const { chosen, ...options } = endpointOf(context);
  const { address } = options;
  if (chosen || address.kind !== 'unix') return new Transport({ ...options, signal });
  const onUnreachable = async (): Promise<boolean> => {
    const { startDaemon } = await import('./connection/autostart.ts');
    await startDaemon(address.path, context);
    return true;
  };
  return new Transport({ ...options, signal, onUnreachable });
}

/** Without an engine to talk to no command begins: it is not the command that fails. */
function endpointOf(context: Context): ReturnType<typeof transportOptions> {
  if (context.globals.hosts.length > 0 && context.globals.context !== '') throw new ExitError(1, 'conflicting options: cannot specify both --host and --context');
  try {
    return transportOptions(context.globals, context.env, context.config);
  } catch (error) {
    if (!isGantryError(error)) throw error;
    throw new ExitError(1, `Failed to initialize: unable to resolve docker endpoint: ${error.message}${error.hint === undefined ? '' : `\n${error.hint}`}`);
  }
}

function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15]] as const) {
    process.once(signal, () => controller.abort(new Interrupted(number)));
  }
  return controller.signal;
}
