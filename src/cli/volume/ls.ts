import { define, none } from '../command.ts';
import { listText } from '../format/listing.ts';
import { bool } from '../grammar/flag.ts';
import { filterQuery, filters } from '../grammar/filters.ts';
import { formatFlag } from '../grammar/format-flag.ts';
import { headers, rawText, volumeRow, type VolumeSummary } from './row.ts';

export const command = define({
  usage: '[OPTIONS]',
  flags: {
    filter: filters('Provide filter values (e.g. "dangling=true")', { short: 'f' }),
    cluster: bool('Display only cluster volumes, and use cluster volume list formatting', { hidden: true }),
    format: formatFlag(),
    quiet: bool('Only display volume names', { short: 'q' }),
  },
  arity: none,
  examples: [['Those that no container uses', 'gantry volume ls -f dangling=true']],
  async run({ context, flags }) {
    const { Volumes: volumes } = await context.api.json<{ Volumes: VolumeSummary[] | null }>({ path: '/volumes', query: filterQuery(flags.filter) });
    // Volumes of a swarm's cluster are not offered: none is one.
    const sorted = [...(flags.cluster ? [] : volumes ?? [])].sort((left, right) => left.Name.localeCompare(right.Name, 'en', { numeric: true }));
    const format = flags.format || (flags.quiet ? '' : context.config.volumesFormat ?? '');
    context.stdout.write(listText({ format, headers, columns: flags.cluster ? '{{.Name}}\t{{.Group}}\t{{.Driver}}\t{{.Availability}}\t{{.Status}}' : '{{.Driver}}\t{{.Name}}', quiet: flags.quiet ? '{{.Name}}' : undefined, raw: { whole: rawText, quiet: 'name: {{.Name}}' }, type: '*formatter.volumeContext' }, sorted.map(volumeRow)));
  },
});
