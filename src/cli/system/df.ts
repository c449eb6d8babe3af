import { define, none } from '../command.ts';
import { listText } from '../format/listing.ts';
import { bool } from '../grammar/flag.ts';
import { formatFlag } from '../grammar/format-flag.ts';
import { usageRows, type Usage } from './usage.ts';

const headers = { Type: 'TYPE', TotalCount: 'TOTAL', Active: 'ACTIVE', Size: 'SIZE', Reclaimable: 'RECLAIMABLE' };

export const command = define({
  usage: '[OPTIONS]',
  flags: { format: formatFlag(), verbose: bool('Show detailed information on space usage', { short: 'v' }) },
  arity: none,
  examples: [['Each container and volume', 'gantry system df -v']],
  async run({ context, flags }) {
    const usage = await context.api.json<Usage>({ path: '/system/df' });
    if (flags.verbose && flags.format === '') {
      const { usageDetails } = await import('./df-details.ts');
      context.stdout.write(usageDetails(usage));
      return;
    }
    context.stdout.write(listText({ format: flags.format, headers, columns: '{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}' }, usageRows(usage)));
  },
});
