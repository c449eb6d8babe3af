import { define, none } from '../command.ts';
import { goTime } from '../format/ages.ts';
import { listText, type Row } from '../format/listing.ts';
import { idText, pairs } from '../format/text.ts';
import { bool } from '../grammar/flag.ts';
import { filterQuery, filters } from '../grammar/filters.ts';
import { formatFlag } from '../grammar/format-flag.ts';

interface NetworkSummary { Id: string; Name: string; Driver: string; Scope: string; EnableIPv4?: boolean; EnableIPv6?: boolean; Internal?: boolean; Labels?: Record<string, string> | null; Created: string }

const headers = { ID: 'NETWORK ID', Name: 'NAME', Driver: 'DRIVER', Scope: 'SCOPE', IPv4: 'IPV4', IPv6: 'IPV6', Internal: 'INTERNAL', Labels: 'LABELS', CreatedAt: 'CREATED AT' };

const raw = { whole: 'network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n', quiet: 'network_id: {{.ID}}' };

export const command = define({
  usage: '[OPTIONS]',
  flags: {
    filter: filters('Provide filter values (e.g. "driver=bridge")', { short: 'f' }),
    format: formatFlag(),
    'no-trunc': bool('Do not truncate the output'),
    quiet: bool('Only display network IDs', { short: 'q' }),
  },
  arity: none,
  examples: [['Only those that people made', 'gantry network ls -f type=custom']],
  async run({ context, flags }) {
    const networks = await context.api.json<NetworkSummary[]>({ path: '/networks', query: filterQuery(flags.filter) });
    networks.sort((left, right) => left.Name.localeCompare(right.Name, 'en', { numeric: true }));
    const rows = networks.map((network): Row => {
      const row: Row = {
        ID: idText(network.Id, flags['no-trunc']), Name: network.Name, Driver: network.Driver, Scope: network.Scope, IPv4: String(network.EnableIPv4 ?? false), IPv6: String(network.EnableIPv6 ?? false),
        Internal: String(network.Internal ?? false), Labels: pairs(network.Labels), get CreatedAt() { return goTime(new Date(network.Created), fractionOf(network.Created)); },
      };
      Object.defineProperty(row, 'Label', { value: (name: unknown) => network.Labels?.[String(name)] ?? '' });
      return row;
    });
    const format = flags.format || (flags.quiet ? '' : context.config.networksFormat ?? '');
    context.stdout.write(listText({ format, headers, columns: '{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}', quiet: flags.quiet ? '{{.ID}}' : undefined, raw, type: '*network.networkContext' }, rows));
  },
});

/** `.29796` of an RFC 3339 time: Date keeps three digits alone. */
function fractionOf(time: string): string {
  return (/\.\d*[1-9]/.exec(time)?.[0]) ?? '';
}
