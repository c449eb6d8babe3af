/**
 * `npm run bench [-- --only NAME[,NAME]] [--without docker,podman] [--publish]`: Gantry beside Debian's docker.io and podman, in turns,
 * with the bare runtime as the floor. A peer that cannot run here is left out by name. `--publish` writes bench/results.md and README's table.
 */
import { parseArgs } from 'node:util';
import { makeBundle } from './bundle.ts';
import { cases } from './cases.ts';
import { networkCases } from './network-cases.ts';
import { closeRegistries, pullCases } from './pull/cases.ts';
import { startGantry, startPeerEngine, type Engine } from './engines.ts';
import { Floor } from './floor.ts';
import { takeTurns } from './measure.ts';
import { details, heading, publish, table, type Result } from './report.ts';

process.env['GANTRY_TEST_DIST'] ??= '1'; // what ships is what is measured

const { values } = parseArgs({ options: { only: { type: 'string' }, without: { type: 'string' }, publish: { type: 'boolean' } } });
const allCases = [...cases, ...networkCases, ...pullCases];
const chosen = allCases.filter(({ name }) => values.only?.split(',').includes(name) ?? true);
if (chosen.length === 0) {
  console.error(`no such case; there are ${allCases.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const without = values.without?.split(',') ?? [];

using bundle = makeBundle();
await using floor = new Floor(bundle);
const engines = await startEngines();
let stopping: Promise<void> | undefined;
// One that is ended early leaves no engine behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stop().finally(() => process.exit(130)));
}
try {
  for (const engine of engines) await engine.api.call('POST', '/images/create?fromSrc=-&repo=localhost/bench&tag=latest', bundle.tar);
  const results: Result[] = [];
  // Told after each case: a run that is ended early has told what it knows.
  for (const each of chosen) {
    results.push(await measure(each));
    tell(results);
  }
} finally {
  await stop();
}

function stop(): Promise<void> {
  return (stopping ??= (async () => {
    await closeRegistries();
    for (const engine of engines) await engine.stop();
  })());
}

function tell(results: Result[]): void {
  const text = {
    heading: heading(engines.map(({ name, version }) => `${name} ${version}`), new Date()),
    table: table(results, engines.map(({ name }) => name)),
    details: details(results),
  };
  console.log(`\n${text.heading}\n\n${text.table}\n\n${text.details}`);
  if (values.publish === true) publish(text);
}

async function startEngines(): Promise<Engine[]> {
  const started = without.includes('gantry') ? [] : [await startGantry()];
  for (const name of ['docker', 'podman'] as const) {
    if (without.includes(name)) continue;
    try {
      started.push(await startPeerEngine(name));
    } catch (error) {
      console.error(`${name} is left out: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return started;
}

async function measure(each: (typeof cases)[number]): Promise<Result> {
  console.error(`${each.name}: ${each.title}`);
  const ofRuntime = each.floor === undefined ? undefined : async () => await (each.floor === 'crun run' ? floor.run() : floor.exec());
  const bareOnce = each.bare ?? ofRuntime;
  const bare = bareOnce === undefined ? [] : [{ name: 'bare', once: bareOnce }];
  if (each.alone !== undefined) console.error(`  Gantry alone: ${each.alone}`);
  const asked = engines.filter(({ name }) => each.alone === undefined || name === 'gantry');
  const samples = await takeTurns([...asked.map((engine) => ({ name: engine.name, once: async () => await each.once(engine) })), ...bare], { rounds: each.rounds, warmUp: each.unit === 'ms' });
  return { case: each, samples: samples.filter(({ name }) => name !== 'bare'), floor: samples.find(({ name }) => name === 'bare')?.values };
}
