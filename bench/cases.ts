import { setTimeout } from 'node:timers/promises';
import { image, pssBytes, type Engine } from './engines.ts';
import { runProgram, time } from './measure.ts';

export interface Case {
  name: string;
  title: string;
  unit: 'ms' | 'MiB' | 'KiB' | '1/s' | 'MiB/s';
  rounds: number;
  once(engine: Engine): Promise<number>;
  /** The same without an engine: what the OCI runtime alone takes. */
  floor?: 'crun run' | 'crun exec';
  /** Another floor, measured as it is. */
  bare?: () => Promise<number>;
  /** Why only Gantry is asked. */
  alone?: string;
}

export const cases: Case[] = [
  { name: 'api-bridge', title: 'API create→start→wait→remove, bridge', unit: 'ms', rounds: 20, floor: 'crun run', once: async (engine) => await time(async () => await cycle(engine, 'bridge')) },
  { name: 'api-none', title: 'API create→start→wait→remove, no network', unit: 'ms', rounds: 20, floor: 'crun run', once: async (engine) => await time(async () => await cycle(engine, 'none')) },
  { name: 'cli-run', title: 'CLI `run --rm IMAGE true`', unit: 'ms', rounds: 12, floor: 'crun run', once: async (engine) => await time(async () => await runProgram(engine.cli('run', '--rm', image, 'true'))) },
  { name: 'cli-exec', title: 'CLI `exec NAME true`', unit: 'ms', rounds: 12, floor: 'crun exec', once: execOnce },
  { name: 'burst', title: '100 starts at once, bridge, until all run', unit: 'ms', rounds: 2, once: async (engine) => await burst(engine, 100) },
  { name: 'idle-memory', title: 'Memory of the idle engine (PSS)', unit: 'MiB', rounds: 2, once: async (engine) => await settled(engine) / 2 ** 20 },
  { name: 'container-memory', title: "Engine's memory a container, at 200 (PSS)", unit: 'KiB', rounds: 1, once: async (engine) => await memoryEach(engine, 200) / 1024 },
];

async function create(engine: Engine, command: string[], networkMode = 'bridge', name?: string): Promise<string> {
  const query = name === undefined ? '' : `?name=${name}`;
  return ((await engine.api.call('POST', `/containers/create${query}`, { Image: image, Cmd: command, HostConfig: { NetworkMode: networkMode } })) as { Id: string }).Id;
}

async function remove(engine: Engine, id: string): Promise<void> {
  await engine.api.call('DELETE', `/containers/${id}?force=1`);
}

async function cycle(engine: Engine, networkMode: string): Promise<void> {
  const id = await create(engine, ['true'], networkMode);
  await engine.api.call('POST', `/containers/${id}/start`);
  await engine.api.call('POST', `/containers/${id}/wait`);
  await remove(engine, id);
}

/** The container stays between turns: it is made at the first. */
async function execOnce(engine: Engine): Promise<number> {
  const existing = await engine.api.call('GET', '/containers/bench-exec/json').catch(() => undefined);
  if (existing === undefined) await engine.api.call('POST', `/containers/${await create(engine, ['sleep', '3600'], 'bridge', 'bench-exec')}/start`);
  return await time(async () => await runProgram(engine.cli('exec', 'bench-exec', 'true')));
}

async function burst(engine: Engine, count: number): Promise<number> {
  const ids = await Promise.all(Array.from({ length: count }, async () => await create(engine, ['sleep', '3600'])));
  try {
    return await time(async () => await Promise.all(ids.map(async (id) => await engine.api.call('POST', `/containers/${id}/start`))));
  } finally {
    await inTurn(ids, async (id) => await remove(engine, id));
  }
}

/** Bytes of the engine when nothing runs, after ten quiet seconds: engines give back what they have used when they rest. */
async function settled(engine: Engine): Promise<number> {
  await remove(engine, 'bench-exec').catch(() => undefined);
  await setTimeout(10_000);
  return pssBytes(engine.pids());
}

async function memoryEach(engine: Engine, count: number): Promise<number> {
  const before = await settled(engine);
  const ids: string[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const id = await create(engine, ['sleep', '3600']);
      ids.push(id);
      await engine.api.call('POST', `/containers/${id}/start`);
    }
    await setTimeout(2000);
    return (pssBytes(engine.pids()) - before) / count;
  } finally {
    await inTurn(ids, async (id) => await remove(engine, id));
  }
}

/** Ten at a time: removing is not what is measured. */
async function inTurn(ids: string[], act: (id: string) => Promise<void>): Promise<void> {
  for (let first = 0; first < ids.length; first += 10) await Promise.all(ids.slice(first, first + 10).map(act));
}
