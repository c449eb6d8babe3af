import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { withoutDockerClient } from '../support/docker-client.ts';
import { RecordingEngine, type Recorded } from '../support/recording-engine.ts';
import { clientsFor, runProgram } from './clients.ts';

/** The stock client and ours ask the engine for the same when they are given the same command line. */
export function testSameRequests(cases: readonly string[][]): void {
  describe('the same command line makes the same request as the docker client', { skip: withoutDockerClient }, () => suite(cases));
}

function suite(cases: readonly string[][]): void {
  let engines: [theirs: RecordingEngine, ours: RecordingEngine];
  let directory: string;

  before(async () => {
    engines = [await RecordingEngine.open(), await RecordingEngine.open()];
    directory = mkdtempSync(join(tmpdir(), 'gantry-same-'));
    writeFileSync(join(directory, 'env'), '# note\nA=1\nB=two words\n\n  C=3\nABSENT_HERE\n');
    writeFileSync(join(directory, 'labels'), 'x=1\ny\n');
    writeFileSync(join(directory, 'seccomp.json'), '{ "defaultAction": "SCMP_ACT_ALLOW",\n "syscalls": [] }');
  });
  after(async () => {
    for (const engine of engines) await engine[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const argv of cases) {
    test(argv.join(' '), async () => {
      const env = { PATH: process.env['PATH'], HOME: directory, SET_HERE: 'yes', DOCKER_CONFIG: directory };
      const [theirs, ours] = await Promise.all([
        runProgram([...clientsFor(engines[0].host).docker, ...argv], { cwd: directory, env, input: Buffer.alloc(0) }),
        runProgram([...clientsFor(engines[1].host).gantry, ...argv], { cwd: directory, env, input: Buffer.alloc(0) }),
      ]);
      const [theirRequests, ourRequests] = engines.map((engine) => engine.take()) as [Recorded[], Recorded[]];
      assert.deepEqual(inOrder(ourRequests, argv).map(comparable), inOrder(theirRequests.filter((request) => !isDetour(request, argv)), argv).map(comparable), ours.stderr);
      assert.equal(ours.code, theirs.code, `${theirs.stderr}---\n${ours.stderr}`);
      if (theirs.code === 125) assert.equal(ours.stderr.split('\n')[0], theirs.stderr.split('\n')[0]?.replace(/^docker: /, 'gantry: '));
    });
  }
}

/**
 * What the docker client asks besides: the platform of its defaults, whether a network that is to go is Swarm's ingress, whether a container is there before it
 * is asked to execute something, and a wait for one that runs detached.
 */
function isDetour({ method, path }: Recorded, argv: readonly string[]): boolean {
  if (path === '/info') return !argv.includes('info');
  if (argv[0] === 'exec') return /^\/containers\/[^/]+\/json$/.test(path);
  if (argv[0] === 'run' && argv.includes('-d')) return path.endsWith('/wait');
  return method === 'GET' && path.startsWith('/networks/') && argv[1] === 'rm';
}

const together = new Set(['kill', 'pause', 'unpause', 'rm', 'stop']);

/** Some commands ask for several containers at once. */
function inOrder(requests: readonly Recorded[], [command = '']: readonly string[]): Recorded[] {
  return together.has(command) ? requests.toSorted((left, right) => (left.path < right.path ? -1 : 1)) : [...requests];
}

/** Absent, null, empty, false and zero mean the same on the wire, except under pointers, which both clients send alike. */
function comparable({ method, path, query, body }: Recorded): unknown {
  const asked = [...new URLSearchParams(query)].filter(([, value]) => value !== '').map(([key, value]) => [key, /^[{[]/.test(value) ? JSON.parse(value) as unknown : value]);
  return { method, path, query: asked.sort(([left], [right]) => (String(left) < String(right) ? -1 : 1)), body: pruned(body) };
}

function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (typeof value !== 'object' || value === null) return value;
  // The order of distinct variables means nothing, and the docker client's varies.
  const entries = Object.entries(value).map(([key, item]) => [key, key === 'Env' && Array.isArray(item) ? item.toSorted() : pruned(item)] as const).filter(([, item]) => !isEmpty(item));
  return Object.fromEntries(entries);
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false || value === 0) return true;
  return typeof value === 'object' && Object.values(value).every(isEmpty);
}
