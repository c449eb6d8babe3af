import { hasKind } from '../../base/errors.ts';
import { any, define } from '../command.ts';
import type { Context } from '../context.ts';
import { segment } from '../each.ts';
import { describe, ExitError } from '../errors.ts';
import { Interrupted } from '../interrupted.ts';
import { listText } from '../format/listing.ts';
import { bool } from '../grammar/flag.ts';
import { formatFlag } from '../grammar/format-flag.ts';
import { columns, headers, statsRow, type Sample } from './stats-row.ts';
import type { ContainerSummary } from './row.ts';

export const command = define({
  usage: '[OPTIONS] [CONTAINER...]',
  flags: {
    all: bool('Show all containers (default shows just running)', { short: 'a' }),
    format: formatFlag(),
    'no-stream': bool('Disable streaming stats and only pull the first result'),
    'no-trunc': bool('Do not truncate output'),
  },
  arity: any,
  names: 'running',
  examples: [['Once, memory only', "gantry stats --no-stream --format 'table {{.Name}}\\t{{.MemUsage}}'"]],
  async run({ context, flags, args }) {
    const format = flags.format || (context.config.statsFormat ?? '');
    const show = (names: readonly string[], samples: ReadonlyMap<string, Sample>): void => {
      const rows = names.map((name) => statsRow(name, samples.get(name), flags['no-trunc']));
      const clear = flags['no-stream'] || !context.stdout.isTTY ? '' : '\x1b[H\x1b[2J';
      context.stdout.write(clear + listText({ format, headers, columns, type: '*container.statsContext' }, rows));
    };
    const signal = context.interruptible();
    for (;;) {
      const names = args.length > 0 ? args : await namesOf(context, flags.all);
      const samples = await sampleAll(context, names, args.length > 0);
      signal.throwIfAborted();
      show(names, samples);
      if (flags['no-stream']) return;
    }
  },
});

async function namesOf(context: Context, all: boolean): Promise<string[]> {
  const list = await context.api.json<ContainerSummary[]>({ path: '/containers/json', query: { all: all || undefined } });
  return list.map(({ Id: id }) => id.slice(0, 12));
}

/** The engine takes a second for each sample, so that it can tell the share of the CPU; this paces the display. */
async function sampleAll(context: Context, names: readonly string[], named: boolean): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample>();
  const failures: string[] = [];
  await Promise.all([
    ...names.map(async (name) => {
      try {
        samples.set(name, await context.api.json<Sample>({ path: `/containers/${segment(name)}/stats`, query: { stream: '0' } }));
      } catch (error) {
        // A container may end between the list and its sample.
        if (!named && hasKind(error, 'notFound')) return;
        if (error instanceof Interrupted) throw error;
        failures.push(describe(error));
      }
    }),
    ...(names.length === 0 ? [new Promise((resolve) => { setTimeout(resolve, 1000); })] : []),
  ]);
  if (failures.length > 0) throw new ExitError(1, [...new Set(failures)].join('\n'));
  return samples;
}
