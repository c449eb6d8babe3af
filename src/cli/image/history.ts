import { define, exactly } from '../command.ts';
import { ago, goTime } from '../format/ages.ts';
import { listText } from '../format/listing.ts';
import { decimalSize } from '../format/sizes.ts';
import { ellipsis, idText } from '../format/text.ts';
import { bool, text } from '../grammar/flag.ts';
import { formatFlag } from '../grammar/format-flag.ts';
import { imagePath, platformQuery } from './image-path.ts';

interface Step { Id: string; Created: number; CreatedBy: string; Size: number; Comment: string }

export const command = define({
  usage: '[OPTIONS] IMAGE',
  flags: {
    format: formatFlag(),
    human: bool('Print sizes and dates in human readable format', { short: 'H', initial: true }),
    'no-trunc': bool("Don't truncate output"),
    platform: text('Show history for the given platform. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")'),
    quiet: bool('Only show image IDs', { short: 'q' }),
  },
  arity: exactly(1),
  names: 'image',
  examples: [['Whole commands', 'gantry history --no-trunc busybox']],
  async run({ context, flags, args }) {
    const steps = await context.api.json<Step[]>({ path: `/images/${imagePath(args[0] ?? '')}/history`, query: { platform: platformQuery(flags.platform, 'invalid platform: ') } });
    const rows = steps.map((step) => {
      const by = step.CreatedBy.replaceAll('\t', ' ');
      const at = step.Created <= 0 ? undefined : step.Created;
      return {
        ID: idText(step.Id, flags['no-trunc']),
        CreatedAt: at === undefined ? '' : rfc3339(at),
        CreatedSince: at === undefined ? 'N/A' : flags.human ? ago(at) : rfc3339(at),
        CreatedBy: flags['no-trunc'] ? by : ellipsis(by, 45),
        Size: flags.human ? decimalSize(step.Size) : String(step.Size),
        Comment: step.Comment,
      };
    });
    const headers = { ID: 'IMAGE', CreatedSince: flags.human ? 'CREATED' : 'CREATED AT', CreatedAt: 'CREATED AT', CreatedBy: 'CREATED BY', Size: 'SIZE', Comment: 'COMMENT' };
    context.stdout.write(listText({ format: flags.format, headers, columns: '{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}', quiet: flags.quiet ? '{{.ID}}' : undefined, type: '*image.historyContext' }, rows));
  },
});

function rfc3339(unixSeconds: number): string {
  const [day = '', time = '', zone = ''] = goTime(new Date(unixSeconds * 1000)).split(' ');
  return `${day}T${time}${zone === '+0000' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3)}`}`;
}
