import { define, none } from '../command.ts';
import { listText } from '../format/listing.ts';
import { bool } from '../grammar/flag.ts';
import { formatFlag } from '../grammar/format-flag.ts';
import { usageRows, type Usage } from './usage.ts';

const headers = { Type: 'TYPE', TotalCount: 'TOTAL', Active: 'ACTIVE', Size: 'SIZE', Reclaimable: 'RECLAIMABLE' };
const raw = 'type: {{.Type}}\ntotal: {{.TotalCount}}\nactive: {{.Active}}\nsize: {{.Size}}\nreclaimable: {{.Reclaimable}}\n';

export const command = define({
  usage: '[OPTIONS]',
  flags: { format: formatFlag(), verbose: bool('Show detailed information on space usage', { short: 'v' }) },
  arity: none,
  examples: [['Each container and volume', 'gantry system df -v']],
  async run({ context, flags: { format, verbose } }) {
    const usage = await context.api.json<Usage>({ path: '/system/df' });
    if (verbose) {
      const { usageDetails } = await import('./df-details.ts');
      context.stdout.write(usageDetails(usage, format));
      return;
    }
    const columns = '{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}';
    context.stdout.write(listText({ format, headers, columns, raw: { whole: raw, quiet: raw }, type: '*formatter.diskUsageImagesContext' }, usageRows(usage)));
  },
});
