import { define } from '../command.ts';
import { bool, list, text } from '../grammar/flag.ts';
import { canonicalName, checkReference, splitReference } from '../image/reference.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER [REPOSITORY[:TAG]]',
  flags: {
    author: text('Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")', { short: 'a' }),
    change: list('Apply Dockerfile instruction to the created image', { short: 'c' }),
    message: text('Commit message', { short: 'm' }),
    'no-pause': bool('Disable pausing container during commit'),
    pause: bool('Pause container during commit', { short: 'p', initial: true, hidden: true }),
  },
  arity: { least: 1, most: 2 },
  names: 'container',
  examples: [['With another command', "gantry commit -c 'CMD [\"serve\"]' box me/box:2"]],
  async run({ context, flags, args }) {
    const [container, reference = ''] = args;
    if (reference !== '') checkReference(reference);
    const { name, tag } = splitReference(reference);
    const { Id: id } = await context.api.json<{ Id: string }>({
      method: 'POST', path: '/commit',
      query: { container, repo: name === '' ? '' : canonicalName(name), tag: name === '' ? '' : tag || 'latest', author: flags.author, comment: flags.message, changes: flags.change, pause: flags.pause && !flags['no-pause'] ? undefined : '0' },
    });
    context.print(id);
  },
});
