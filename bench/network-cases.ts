import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Case } from './cases.ts';
import { image, type Engine } from './engines.ts';
import { median, time } from './measure.ts';

/** What networks cost: the share of a start, published ports, names, bytes. Programs run in containers, on the Node of this checkout. */
export const networkCases: Case[] = [
  { name: 'net-attach', title: 'What the bridge adds to a start', unit: 'ms', rounds: 5, once: attachCost },
  { name: 'net-port', title: 'Start with one published port', unit: 'ms', rounds: 10, once: async (engine) => await startWithPort(engine) },
  { name: 'net-port-1001', title: 'The same while 1,000 are published', unit: 'ms', rounds: 1, alone: 'others start a process for each port, which takes minutes', once: async (engine) => await thousandth(engine) },
  { name: 'net-dns-rate', title: 'Names resolved at 127.0.0.11', unit: '1/s', rounds: 2, once: async (engine) => (await dns(engine)).rate },
  { name: 'net-dns-p99', title: 'Slowest hundredth of names, 8 under way', unit: 'ms', rounds: 2, once: async (engine) => (await dns(engine)).p99 },
  { name: 'net-pair', title: 'Bytes from container to container', unit: 'MiB/s', rounds: 2, once: async (engine) => await throughput(engine, 'pair') },
  { name: 'net-published', title: 'Bytes through a published port at localhost', unit: 'MiB/s', rounds: 2, once: async (engine) => await throughput(engine, 'published'), bare: plainLoopback },
];

interface Wish { Cmd: string[]; HostConfig?: object; ExposedPorts?: object }

async function create(engine: Engine, wish: Wish, name?: string): Promise<string> {
  const made = await engine.api.call('POST', `/containers/create${name === undefined ? '' : `?name=${name}`}`, { Image: image, ...wish });
  return (made as { Id: string }).Id;
}

const start = async (engine: Engine, id: string): Promise<unknown> => await engine.api.call('POST', `/containers/${id}/start`);
const remove = async (engine: Engine, id: string): Promise<unknown> => await engine.api.call('DELETE', `/containers/${id}?force=1`);

/** Difference of the medians of ten starts each, by turns, with a rest between them. */
async function attachCost(engine: Engine): Promise<number> {
  const took: Record<string, number[]> = { bridge: [], none: [] };
  for (let round = 0; round < 10; round++) {
    for (const [mode, values] of Object.entries(took)) {
      const id = await create(engine, { Cmd: ['sleep', '3600'], HostConfig: { NetworkMode: mode } });
      await new Promise((resolve) => { setTimeout(resolve, 50); });
      values.push(await time(async () => await start(engine, id)));
      await remove(engine, id);
    }
  }
  return median(took['bridge'] ?? []) - median(took['none'] ?? []);
}

async function startWithPort(engine: Engine): Promise<number> {
  const id = await create(engine, { Cmd: ['sleep', '3600'], ExposedPorts: { '80/tcp': {} }, HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '28999' }] } } });
  try {
    return await time(async () => await start(engine, id));
  } finally {
    await remove(engine, id);
  }
}

async function thousandth(engine: Engine): Promise<number> {
  const ports = Array.from({ length: 1000 }, (_, index) => String(27000 + index));
  const holder = await create(engine, { Cmd: ['sleep', '3600'], HostConfig: { PortBindings: Object.fromEntries(ports.map((port) => [`${port}/tcp`, [{ HostPort: port }]])) }, ExposedPorts: Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}])) });
  try {
    await start(engine, holder);
    const took: number[] = [];
    for (let round = 0; round < 10; round++) took.push(await startWithPort(engine));
    return median(took);
  } finally {
    await remove(engine, holder);
  }
}

/** Not a number where nothing was answered. */
async function dns(engine: Engine): Promise<{ rate: number; p99: number }> {
  return await withNetwork(engine, async ({ network, run }) => {
    await run({ Cmd: ['sleep', '3600'], HostConfig: { NetworkMode: network } }, 'bench-target');
    const measured = await finished(engine, await run(program('dns-load', ['bench-target'], { NetworkMode: network }))) as { rate: number; p99: number };
    return measured.rate > 0 ? measured : { rate: Number.NaN, p99: Number.NaN };
  });
}

async function throughput(engine: Engine, how: 'pair' | 'published'): Promise<number> {
  return await withNetwork(engine, async ({ network, run }) => {
    const published = { PortBindings: { '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: '28998' }] } };
    await run({ ...program('serve', [], { NetworkMode: network, ...(how === 'published' && published) }), ExposedPorts: { '5000/tcp': {} } }, 'bench-server');
    const target = how === 'pair' ? ['bench-server', '5000'] : ['127.0.0.1', '28998'];
    return (await finished(engine, await run(program('receive', target, { NetworkMode: how === 'pair' ? network : 'host' }))) as { rate: number }).rate;
  });
}

/** The same two programs on the host, without any engine: one connection over `lo`. */
async function plainLoopback(): Promise<number> {
  const inside = join(import.meta.dirname, 'inside');
  const server = spawn(process.execPath, ['--no-warnings', join(inside, 'serve.ts'), '28997'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(server.stdout, 'data');
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', join(inside, 'receive.ts'), '127.0.0.1', '28997']);
    return (JSON.parse(stdout) as { rate: number }).rate;
  } finally {
    server.kill();
  }
}

interface Field { network: string; run(wish: Wish, name?: string): Promise<string> }

/** Removes the network and all containers that were run, whatever happens. */
async function withNetwork<T>(engine: Engine, act: (field: Field) => Promise<T>): Promise<T> {
  const network = 'bench-net';
  await engine.api.call('POST', '/networks/create', { Name: network });
  const made: string[] = [];
  try {
    return await act({ network, run: async (wish, name) => {
      const id = await create(engine, wish, name);
      made.push(id);
      await start(engine, id);
      return id;
    } });
  } finally {
    for (const id of made) await remove(engine, id);
    await engine.api.call('DELETE', `/networks/${network}`);
  }
}

/** The one JSON line that a program writes before it ends. */
async function finished(engine: Engine, id: string): Promise<unknown> {
  await engine.api.call('POST', `/containers/${id}/wait`);
  const { Tty } = ((await engine.api.call('GET', `/containers/${id}/json`)) as { Config: { Tty: boolean } }).Config;
  if (!Tty) throw new Error('the output of programs is read as it is: they need a terminal');
  const output = await engine.api.call('GET', `/containers/${id}/logs?stdout=1`);
  return typeof output === 'string' ? JSON.parse(output.trim()) : output;
}

let tools: string | undefined;

/** A command of bench/inside with its Node and libraries, from a folder that every engine can mount. */
function program(name: string, args: string[], host: object): Wish & { Tty: true } {
  tools ??= makeTools();
  return {
    Tty: true,
    Cmd: ['/tools/loader', '--library-path', '/tools', '/tools/node', '--no-warnings', `/tools/${name}.ts`, ...args],
    HostConfig: { ...host, Binds: [`${tools}:/tools:ro`] },
  };
}

function makeTools(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-tools-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  copyFileSync(process.execPath, join(folder, 'node'));
  for (const [, library = ''] of execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).matchAll(/(?:=> |^\s+)(\/\S+) \(/gm)) {
    copyFileSync(library, join(folder, library.includes('/ld-linux') ? 'loader' : (library.split('/').at(-1) ?? '')));
  }
  const inside = join(import.meta.dirname, 'inside');
  for (const file of readdirSync(inside)) copyFileSync(join(inside, file), join(folder, file));
  return folder;
}
