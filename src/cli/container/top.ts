import { atLeast, define } from '../command.ts';
import { segment } from '../each.ts';
import { alignTabs } from '../format/table.ts';

export const command = define({
  usage: 'CONTAINER [ps OPTIONS]',
  flags: {},
  arity: atLeast(1),
  interspersed: false,
  names: 'running',
  examples: [['With chosen columns', 'gantry top web -o pid,rss,args']],
  async run({ context, args }) {
    const [container = '', ...options] = args;
    const { Titles: titles, Processes: processes } = await context.api.json<{ Titles: string[]; Processes: string[][] | null }>({ path: `/containers/${segment(container)}/top`, query: { ps_args: options.join(' ') || undefined } });
    context.print(alignTabs([titles, ...(processes ?? [])].map((cells) => cells.join('\t')).join('\n'), 20));
  },
});
