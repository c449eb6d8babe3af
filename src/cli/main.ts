import { versionLine } from '../base/build.ts';
import { hintOf, describe, ExitError, fromDaemon } from './errors.ts';
import { Interrupted } from './interrupted.ts';
import type { AnyCommand } from './command.ts';
import type { Context, GlobalFlags, Machine } from './context.ts';
import { arityComplaint } from './grammar/arity.ts';
import { globalFlags } from './grammar/global-flags.ts';
import { FlagError, parseFlags, type Parsed } from './grammar/parse.ts';
import { flushed, standard } from './streams/standard.ts';
import { find, notOffered, program, type Entry } from './tree.ts';

/** Answers a command line that names no command: a noun alone or with help shows what it offers; anything else is an error. */
async function withoutCommand(before: readonly string[], rest: readonly string[], isTopic: boolean): Promise<number> {
  const stray = rest.find((word) => !word.startsWith('-'));
  const asksHelp = rest.includes('--help') || rest.includes('-h');
  if (stray !== undefined && isTopic) {
    standard.stderr.write(`unknown help topic: ${rest.slice(0, -1).join(' ')}\n`);
    return 1;
  }
  if (stray !== undefined && !asksHelp) return unknownCommand(before, stray);
  const odd = rest.find((word) => word.startsWith('-') && word !== '--help' && word !== '-h');
  if (odd === undefined || asksHelp) return showGroup(before, asksHelp);
  return badFlag(new FlagError(odd.startsWith('--') ? `unknown flag: ${odd.split('=')[0]}` : `unknown shorthand flag: '${odd[1]}' in ${odd}`), [program, ...before].join(' '), '');
}

const levels = new Set(['panic', 'fatal', 'error', 'warn', 'warning', 'info', 'debug', 'trace', '']);

/** Runs one command line (without the program's name) to its end, its output written, and resolves to the exit code. */
export async function main(argv: readonly string[], machine: Machine): Promise<number> {
  const status = await runLine(argv, machine);
  await flushed();
  return status;
}

async function runLine(argv: readonly string[], machine: Machine): Promise<number> {
  let globals: Parsed<typeof globalFlags>;
  try {
    globals = parseFlags(globalFlags, argv, { interspersed: false });
  } catch (error) {
    return badFlag(error, program, '[OPTIONS] COMMAND [ARG...]');
  }
  const { help, flags } = globals;
  if (flags.version) {
    const { clientVersion } = await import('./system/client-version.ts');
    standard.stdout.write(`${versionLine(clientVersion())}\n`);
    return 0;
  }
  const [first] = globals.args;
  if (!levels.has(flags['log-level'])) {
    standard.stderr.write(`Unable to parse logging level: ${flags['log-level']}\n`);
    return 1;
  }
  if (help || first === undefined) return showGroup([], help);
  const words = first === 'help' ? [...globals.args.slice(1), '--help'] : globals.args;
  if (words[0] === '--help') return showGroup([]);
  const found = find(words);
  if (found.kind !== 'command') return withoutCommand(words.slice(0, found.words), words.slice(found.words), first === 'help');
  const { createContext } = await import('./create-context.ts');
  return runCommand(found.entry, words.slice(0, found.words), words.slice(found.words), createContext(toGlobals(flags), machine));
}

async function runCommand(entry: Entry, name: readonly string[], argv: readonly string[], context: Context): Promise<number> {
  const { command } = await entry.load();
  const path = [program, ...name].join(' ');
  let parsed: Parsed<AnyCommand['flags']>;
  try {
    parsed = parseFlags(command.flags, argv, { interspersed: command.interspersed ?? true });
  } catch (error) {
    return badFlag(error, path, command.usage);
  }
  if (parsed.help) {
    const { commandHelp } = await import('./grammar/help.ts');
    standard.stdout.write(commandHelp(entry, command, path));
    return 0;
  }
  const complaint = arityComplaint(path, command.arity, parsed.args.length);
  if (complaint !== undefined) {
    standard.stderr.write(`${program}: ${complaint}\n\nUsage:  ${`${path} ${command.usage}`.trimEnd()}\n\n${command.arity.most === Infinity ? 'See' : 'Run'} '${path} --help' for more information\n`);
    return 1;
  }
  return attempt(context, command, () => command.run({ context, flags: parsed.flags, given: parsed.given, args: parsed.args, path }), path);
}

async function attempt(context: Context, command: AnyCommand, act: () => Promise<number | void>, path: string): Promise<number> {
  try {
    return (await act()) ?? 0;
  } catch (error) {
    if (error instanceof ExitError) {
      if (error.message !== '') context.warn(error.message);
      return error.status;
    }
    const interrupted = error instanceof Interrupted ? error : (error as { cause?: unknown }).cause;
    if (interrupted instanceof Interrupted) return 128 + interrupted.signal;
    const prefix = command.failure === undefined ? '' : `${program}: `;
    context.warn(`${prefix}${describe(error)}`);
    const hint = hintOf(error);
    if (hint !== undefined) context.warn(hint);
    if (command.failure !== undefined) context.warn(`\nRun '${path} --help' for more information`);
    if (context.globals.debug && error instanceof Error && !fromDaemon(error)) context.warn(error.stack ?? '');
    return command.failure ?? 1;
  }
}

function badFlag(error: unknown, path: string, usage: string): number {
  if (!(error instanceof FlagError)) throw error;
  standard.stderr.write(`${error.message}\n\nUsage:  ${`${path} ${usage}`.trimEnd()}\n\nRun '${path} --help' for more information\n`);
  return 125;
}

function unknownCommand(before: readonly string[], word: string): number {
  const path = [program, ...before].join(' ');
  const usage = before.length === 0 ? '' : `Usage:  ${path}\n\n`;
  const missing = before[0] ?? word;
  const hint = Object.hasOwn(notOffered, missing) ? `${notOffered[missing]}\n\n` : '';
  standard.stderr.write(`${program}: unknown command: ${path} ${word}\n\n${hint}${usage}Run '${path} --help' for more information\n`);
  return 1;
}

/** Help that was asked for is the result; where a command is missing, it is a remark. */
async function showGroup(words: readonly string[], asked = true): Promise<number> {
  const { groupHelp } = await import('./grammar/help.ts');
  (asked ? standard.stdout : standard.stderr).write(groupHelp(words));
  return 0;
}

function toGlobals(flags: Parsed<typeof globalFlags>['flags']): GlobalFlags {
  const { host, version: _version, 'log-level': level, ...rest } = flags;
  return { ...rest, debug: rest.debug || level === 'debug', hosts: host };
}
