import type { Machine } from '../../cli/context.ts';

/**
 * What stands for cli/main.ts in a build: the same from dist/command-line.cjs, with the bytecode that V8 made of it when the same command ran before.
 * Of a program's functions a command needs a few, so each command has a file of its own. Node's own compile cache keeps what the very first run needed,
 * whichever it was, and only for programs that it loads itself: with it a command takes 4 ms more of the processor.
 */
interface CommandLine { main(argv: readonly string[], machine: Machine): Promise<number> }

/** Names the content, which V8 does not look at: it takes whatever has the same length. Written by tools/build.ts. */
declare const commandLineDigest: string;

/** Commands that people and scripts wait for. The others share what one of them has left. */
const known = ['run', 'exec', 'ps', 'create', 'start', 'stop', 'rm', 'logs', 'inspect', 'images', 'pull', 'version'];

export function main(argv: readonly string[], machine: Machine): Promise<number> {
  const command = argv.find((word) => known.includes(word)) ?? 'other';
  return evaluate(`${import.meta.dirname}/command-line.cjs`, `${import.meta.dirname}/.cache/${cacheName(command)}`).main(argv, machine);
}

function cacheName(command: string): string {
  const flags = process.execArgv.join('').replace(/[^a-z0-9]+/g, '');
  return `${commandLineDigest}-${process.versions.v8}-${process.arch}${flags}-${command}`;
}

function evaluate(path: string, cachePath: string): CommandLine {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const { Script } = process.getBuiltinModule('node:vm');
  // Outside of ASCII the build escapes everything.
  const source = `(function (module, exports, moduleUrl) {${readFileSync(path, 'latin1')}\n})`;
  const cachedData = readIfThere(cachePath);
  const script = new Script(source, { filename: path, ...(cachedData === undefined ? {} : { cachedData }) });
  const module = { exports: {} as CommandLine };
  (script.runInThisContext() as (module: object, exports: object, moduleUrl: string) => void)(module, module.exports, import.meta.url);
  if (script.cachedDataRejected !== false) process.once('exit', (status) => { if (status === 0) keep(cachePath, script.createCachedData()); });
  return module.exports;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(path);
  } catch {
    return undefined; // the first run, or another person's
  }
}

/** On the disk, then renamed: V8 takes what it finds for whole. Who may not write here does without. */
function keep(path: string, data: Buffer): void {
  const { mkdirSync, renameSync, writeFileSync } = process.getBuiltinModule('node:fs');
  try {
    mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, data, { flush: true });
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // Read-only, or full.
  }
}
