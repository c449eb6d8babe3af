import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { RecordingEngine, type Recorded } from '../support/recording-engine.ts';
import { clientsFor, dockerClient, runProgram } from './clients.ts';
import { sameRequestCases } from './same-request-cases.ts';

/** The stock client and ours ask the engine for the same when they are given the same command line. */
describe('the same command line makes the same request as the docker client', { skip: dockerClient === undefined ? 'the docker client is not installed' : false }, () => {
  let engine: RecordingEngine;
  let directory: string;

  before(async () => {
    engine = await RecordingEngine.open();
    directory = mkdtempSync(join(tmpdir(), 'gantry-same-'));
    writeFileSync(join(directory, 'env'), '# note\nA=1\nB=two words\n\n  C=3\nABSENT_HERE\n');
    writeFileSync(join(directory, 'labels'), 'x=1\ny\n');
    writeFileSync(join(directory, 'seccomp.json'), '{ "defaultAction": "SCMP_ACT_ALLOW",\n "syscalls": [] }');
  });
  after(async () => {
    await engine[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const argv of sameRequestCases) {
    test(argv.join(' '), async () => {
      const env = { PATH: process.env['PATH'], HOME: directory, SET_HERE: 'yes', DOCKER_CONFIG: directory };
      const { docker, gantry } = clientsFor(engine.host);
      const theirs = await runProgram([...docker, ...argv], { cwd: directory, env });
      const theirRequests = engine.take();
      const ours = await runProgram([...gantry, ...argv], { cwd: directory, env });
      const ourRequests = engine.take();
      assert.deepEqual(ourRequests.map(comparable), theirRequests.filter((request) => !isDetour(request, argv)).map(comparable), ours.stderr);
      assert.equal(ours.code, theirs.code, `${theirs.stderr}---\n${ours.stderr}`);
      if (theirs.code === 125) assert.equal(ours.stderr.split('\n')[0], theirs.stderr.split('\n')[0]?.replace(/^docker: /, 'gantry: '));
    });
  }
});

/** What the docker client asks besides: the platform of its defaults, and whether a network that is to go is Swarm's ingress. */
function isDetour({ method, path }: Recorded, argv: readonly string[]): boolean {
  return (path === '/info' && !argv.includes('info')) || (method === 'GET' && path.startsWith('/networks/') && argv[1] === 'rm');
}

/** Absent, null, empty, false and zero mean the same on the wire, except under pointers, which both clients send alike. */
function comparable({ method, path, query, body }: Recorded): unknown {
  return { method, path, query: new URLSearchParams(query).toString().split('&').sort(), body: pruned(body) };
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
