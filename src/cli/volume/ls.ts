import { define, none } from '../command.ts';
import { listText, type Row } from '../format/listing.ts';
import { decimalSize } from '../format/sizes.ts';
import { pairs } from '../format/text.ts';
import { bool } from '../grammar/flag.ts';
import { filterQuery, filters } from '../grammar/filters.ts';
import { formatFlag } from '../grammar/format-flag.ts';

export interface VolumeSummary { Name: string; Driver: string; Mountpoint: string; Scope: string; Labels?: Record<string, string> | null; UsageData?: { Size: number; RefCount: number } | null }

export const headers = { Name: 'VOLUME NAME', Driver: 'DRIVER', Scope: 'SCOPE', Mountpoint: 'MOUNTPOINT', Labels: 'LABELS', Links: 'LINKS', Size: 'SIZE', Availability: 'AVAILABILITY', Group: 'GROUP', Status: 'STATUS' };

export const command = define({
  usage: '[OPTIONS]',
  flags: {
    filter: filters('Provide filter values (e.g. "dangling=true")', { short: 'f' }),
    format: formatFlag(),
    quiet: bool('Only display volume names', { short: 'q' }),
  },
  arity: none,
  examples: [['Those that no container uses', 'gantry volume ls -f dangling=true']],
  async run({ context, flags, given }) {
    const { Volumes: volumes } = await context.api.json<{ Volumes: VolumeSummary[] | null }>({ path: '/volumes', query: filterQuery(flags.filter) });
    const sorted = [...(volumes ?? [])].sort((left, right) => left.Name.localeCompare(right.Name, 'en', { numeric: true }));
    const format = given.has('format') ? flags.format : context.config.volumesFormat ?? '';
    context.stdout.write(listText({ format, headers, columns: '{{.Driver}}\t{{.Name}}', quiet: flags.quiet ? '{{.Name}}' : undefined }, sorted.map(volumeRow)));
  },
});

export function volumeRow(volume: VolumeSummary): Row {
  const usage = volume.UsageData;
  const row: Row = {
    Name: volume.Name, Driver: volume.Driver, Scope: volume.Scope, Mountpoint: volume.Mountpoint, Labels: pairs(volume.Labels),
    Links: usage === undefined || usage === null ? 'N/A' : String(usage.RefCount), Size: usage === undefined || usage === null ? 'N/A' : decimalSize(usage.Size), Availability: 'N/A', Group: 'N/A', Status: 'N/A',
  };
  Object.defineProperty(row, 'Label', { value: (name: unknown) => volume.Labels?.[String(name)] ?? '' });
  return row;
}
