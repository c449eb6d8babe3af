import { define, exactly } from '../command.ts';
import { listText } from '../format/listing.ts';
import { ellipsis } from '../format/text.ts';
import { bool, text } from '../grammar/flag.ts';
import { filterQuery, filters } from '../grammar/filters.ts';
import { int } from '../grammar/numbers.ts';
import { registryOf } from '../image/reference.ts';
import { authHeader } from './credentials.ts';

interface Found { name: string; description: string; star_count: number; is_official: boolean }

const headers = { Name: 'NAME', Description: 'DESCRIPTION', StarCount: 'STARS', IsOfficial: 'OFFICIAL' };
const columns = '{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}';

export const command = define({
  usage: '[OPTIONS] TERM',
  flags: {
    filter: filters('Filter output based on conditions provided', { short: 'f' }),
    format: text('Pretty-print search using a Go template'),
    limit: int('Max number of search results'),
    'no-trunc': bool("Don't truncate output"),
  },
  arity: exactly(1),
  examples: [['Official images, the most liked first', 'gantry search --filter is-official=true nginx']],
  async run({ context, flags, args }) {
    const auth = await authHeader(context, registryOf(args[0] ?? ''));
    const found = await context.api.json<Found[] | null>({ path: '/images/search', headers: auth === undefined ? {} : { 'X-Registry-Auth': auth }, query: { term: args[0], limit: flags.limit || undefined, ...filterQuery(flags.filter) } });
    if (flags.filter['is-automated'] !== undefined) context.warn('WARNING: the "is-automated" filter is deprecated, and searching for "is-automated=true" will not yield any results in future.');
    // A whole row as JSON has words where a table has a mark.
    const hasWords = flags.format === 'json' || /\{\{-?\s*json \.\s*-?\}\}/.test(flags.format);
    const mark = (yes: boolean): string => (hasWords ? String(yes) : yes ? '[OK]' : '');
    const rows = (found ?? []).map((image) => ({
      Name: image.name, Description: described(image.description, flags['no-trunc']), StarCount: String(image.star_count), IsOfficial: mark(image.is_official),
    }));
    context.stdout.write(listText({ format: flags.format, headers, columns, type: '*registry.searchContext' }, rows));
  },
});

function described(text: string, whole: boolean): string {
  const line = text.replaceAll(/[\r\n]/g, ' ');
  return whole ? line : ellipsis(line, 45);
}
