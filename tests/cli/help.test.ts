import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FlagTable } from '../../src/cli/grammar/flag.ts';
import { entries } from '../../src/cli/tree.ts';
import { withoutDockerClient } from '../support/docker-client.ts';
import { runProgram } from './clients.ts';

/**
 * The flags of every command are the stock client's: names, letters and whether a value follows. What differs stands here, with its reason;
 * a difference that is not listed, or one that has gone, fails.
 */
const trust = "content trust asks Docker's own notary service; a flag that could only be ignored is refused";
const swarm = 'cluster volumes are a part of Swarm, which this engine does not offer';
const reasons: Readonly<Record<string, string>> = {
  'container run: - disable-content-trust': trust,
  'container run: - help': 'every command has --help; only here docker lists it',
  'container run: - kernel-memory=': 'the kernel has dropped this limit, and the API refuses it',
  'container create: - disable-content-trust': trust,
  'container create: - help': 'every command has --help; only here docker lists it',
  'container create: - kernel-memory=': 'the kernel has dropped this limit, and the API refuses it',
  'container commit: - p pause': 'on is the default; the flag is taken and hidden, as in newer clients',
  'container commit: + no-pause': 'newer clients have it',
  'image pull: - disable-content-trust': trust,
  'image push: - disable-content-trust': trust,
  'volume create: - availability=': swarm,
  'volume create: - group=': swarm,
  'volume create: - limit-bytes=': swarm,
  'volume create: - required-bytes=': swarm,
  'volume create: - scope=': swarm,
  'volume create: - secret=': swarm,
  'volume create: - sharing=': swarm,
  'volume create: - topology-preferred=': swarm,
  'volume create: - topology-required=': swarm,
  'volume create: - type=': swarm,
  'volume ls: - cluster': swarm,
  'volume clone: no such command': 'a command of our own',
  'volume export: no such command': 'a command of our own',
  'volume import: no such command': 'a command of our own',
  'volume rename: no such command': 'a command of our own',
};

/** `-d, --detach` → `d detach`, with `=` where a value follows. */
function flagsInHelp(text: string): string[] {
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const match = /^ {2}(?:-(\w), |    )--([\w-]+)(?: (\S+))?/.exec(line);
    if (match === null) continue;
    const takesValue = match[3] !== undefined && /^ {2}(?:-\w, |    )--[\w-]+ \S/.test(line);
    found.push(`${match[1] ?? ''} ${match[2]}${takesValue ? '=' : ''}`.trim());
  }
  return found.sort();
}

function ourFlags(table: FlagTable): string[] {
  return Object.entries(table).filter(([, flag]) => flag.hidden !== true).map(([name, { short, type }]) => `${short ?? ''} ${name}${type === '' ? '' : '='}`.trim()).sort();
}

describe('flags are those of the docker client', { concurrency: 4, skip: withoutDockerClient }, () => {
  for (const entry of entries.filter(({ hidden }) => hidden !== true)) {
    const name = entry.paths[0] ?? '';
    test(name, async () => {
      const { command } = await entry.load();
      const { code, stdout } = await runProgram(['docker', ...name.split(' '), '--help']);
      const theirs = code === 0 && stdout.toString().includes(`Usage:  docker ${name}`) ? flagsInHelp(stdout.toString()) : undefined;
      const differences = theirs === undefined ? ['no such command'] : [
        ...theirs.filter((flag) => !ourFlags(command.flags).includes(flag)).map((flag) => `- ${flag}`),
        ...ourFlags(command.flags).filter((flag) => !theirs.includes(flag)).map((flag) => `+ ${flag}`),
      ];
      assert.deepEqual(differences.filter((difference) => reasons[`${name}: ${difference}`] === undefined), []);
      const stale = Object.keys(reasons).filter((key) => key.startsWith(`${name}: `) && !differences.includes(key.slice(name.length + 2)));
      assert.deepEqual(stale, []);
    });
  }
});

test('every command has examples that its own parser understands', async () => {
  const { parseFlags } = await import('../../src/cli/grammar/parse.ts');
  for (const entry of entries.filter(({ hidden }) => hidden !== true)) {
    const { command } = await entry.load();
    assert.ok((command.examples ?? []).length > 0, `${entry.paths[0]} has no example`);
    for (const [, line] of command.examples ?? []) {
      const plain = line.replaceAll(/'[^']*'|"[^"]*"/g, 'quoted');
      const calls = [...plain.matchAll(/gantry ([^|()]*)/g)].map((match) => (match[1] ?? '').trim().split(/\s+/));
      const found = calls.flatMap((words) => entry.paths.filter((path) => words.slice(0, path.split(' ').length).join(' ') === path).map((path) => ({ words, path })))[0];
      assert.ok(found !== undefined, `${line}: not an example of ${entry.paths[0]}`);
      const { words, path } = found;
      assert.doesNotThrow(() => parseFlags(command.flags as FlagTable, words.slice(path.split(' ').length), { interspersed: command.interspersed ?? true }), line);
    }
  }
});
