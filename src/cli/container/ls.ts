import { define, none } from '../command.ts';
import { asJson, guarded, listText } from '../format/listing.ts';
import { bool } from '../grammar/flag.ts';
import { formatFlag } from '../grammar/format-flag.ts';
import { filterQuery, filters } from '../grammar/filters.ts';
import { int } from '../grammar/numbers.ts';
import { compile } from '../../base/template/evaluate.ts';
import { columns, containerRow, headers, rawText, type ContainerSummary } from './row.ts';

const type = '*formatter.ContainerContext';

const flags = {
  all: bool('Show all containers (default shows just running)', { short: 'a' }),
  filter: filters('Filter output based on conditions provided', { short: 'f' }),
  format: formatFlag(),
  last: int('Show n last created containers (includes all states)', { short: 'n', initial: -1 }),
  latest: bool('Show the latest created container (includes all states)', { short: 'l' }),
  'no-trunc': bool("Don't truncate output"),
  quiet: bool('Only display container IDs', { short: 'q' }),
  size: bool('Display total file sizes', { short: 's' }),
};

export const command = define({
  usage: '[OPTIONS]',
  flags,
  arity: none,
  examples: [
    ['Every container, stopped ones too', 'gantry ps -a'],
    ['Names and ports only', "gantry ps --format 'table {{.Names}}\\t{{.Ports}}'"],
    ['Stop whatever carries a label', 'gantry stop $(gantry ps -q --filter label=temporary)'],
  ],
  async run({ context, flags: said, given }) {
    const format = said.format || (context.config.psFormat ?? '');
    if (said.quiet && said.format !== '') context.warn('WARNING: Ignoring custom format, because both --format and --quiet are set.');
    const size = said.size || (usesSize(format) && !said.quiet && !given.has('size'));
    const last = said.latest && !given.has('last') ? 1 : said.last;
    const list = await context.api.json<ContainerSummary[]>({
      path: '/containers/json',
      query: { all: said.all ? true : undefined, limit: last > 0 ? last : undefined, size: size ? true : undefined, ...filterQuery(said.filter) },
    });
    const rows = list.map((container) => containerRow(container, said['no-trunc']));
    context.stdout.write(listText({ format: said.quiet && format !== 'raw' ? '' : format, headers, columns: size ? `${columns}\t{{.Size}}` : columns, quiet: said.quiet ? '{{.ID}}' : undefined, raw: { whole: rawText(size), quiet: 'container_id: {{.ID}}' }, type }, rows));
  },
});

/** Tries a template on a container without properties: does it ask for the size? Throws what is wrong with it. */
function usesSize(format: string): boolean {
  if (format === '') return false;
  let asked = false;
  const empty = containerRow({ Id: '', Names: null, Image: '', ImageID: '', Command: '', Created: 0, State: '', Status: '' }, true);
  const probe = asJson(Object.defineProperty({ ...empty }, 'Size', { enumerable: true, get: () => { asked = true; return '0B'; } }));
  Object.defineProperty(probe, 'Label', { value: (_name: unknown) => '' });
  const compiled = guarded(() => compile(format, { type }), 'failed to parse template');
  guarded(() => compiled.execute(probe), 'failed to execute template');
  return asked;
}
