import type { Case } from '../cases.ts';
import type { Engine } from '../engines.ts';
import { runProgram, time } from '../measure.ts';
import { host, Registries } from './registries.ts';

let opened: Promise<Registries> | undefined;

/** Made at the first case that pulls. */
async function registries(): Promise<Registries> {
  opened ??= Registries.open();
  return await opened;
}

export async function closeRegistries(): Promise<void> {
  await (await opened)?.[Symbol.asyncDispose]();
}

type Which = keyof Registries['images'];

export const pullCases: Case[] = [
  { name: 'pull-files', title: 'Pull 20 layers, 50,000 small files', unit: 'ms', rounds: 3, once: async (engine) => await pullAnew(engine, 'files'), bare: async () => await plain('files') },
  { name: 'pull-large', title: 'Pull one layer of 1 GB', unit: 'ms', rounds: 3, once: async (engine) => await pullAnew(engine, 'large'), bare: async () => await plain('large') },
  { name: 'pull-changed', title: 'Pull again, one layer of 20 changed', unit: 'ms', rounds: 3, once: pullChanged },
  { name: 'rmi-files', title: 'Remove an image of 50,000 small files', unit: 'ms', rounds: 3, once: async (engine) => await removeFiles(engine, async (name) => await runProgram(engine.cli('rmi', name))) },
  { name: 'rmi-files-api', title: 'The same by the API, without a client\'s start', unit: 'ms', rounds: 3, once: async (engine) => await removeFiles(engine, async (name) => await engine.api.call('DELETE', `/images/${name}`)) },
];

async function plain(which: Which): Promise<number> {
  const all = await registries();
  return await all.plain(all.images[which]);
}

async function pull(engine: Engine, which: Which): Promise<void> {
  const all = await registries();
  await all.serveFor(engine);
  await runProgram(engine.cli('pull', ...engine.insecure, `${host}/${all.images[which].name}`));
}

async function remove(engine: Engine, which: Which): Promise<void> {
  const { images } = await registries();
  await runProgram(engine.cli('rmi', `${host}/${images[which].name}`)).catch(() => undefined);
}

async function pullAnew(engine: Engine, which: Which): Promise<number> {
  await remove(engine, 'changed');
  await remove(engine, which);
  return await time(async () => await pull(engine, which));
}

async function pullChanged(engine: Engine): Promise<number> {
  await pull(engine, 'files');
  await remove(engine, 'changed');
  return await time(async () => await pull(engine, 'changed'));
}

async function removeFiles(engine: Engine, act: (name: string) => Promise<unknown>): Promise<number> {
  await remove(engine, 'changed');
  await pull(engine, 'files');
  const { images } = await registries();
  return await time(async () => await act(`${host}/${images.files.name}`));
}
