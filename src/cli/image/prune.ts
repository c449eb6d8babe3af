import { define, none } from '../command.ts';
import { bool } from '../grammar/flag.ts';
import { confirm, printPruned, prune, pruneFlags } from '../prune.ts';

export const command = define({
  usage: '[OPTIONS]',
  flags: { ...pruneFlags, all: bool('Remove all unused images, not just dangling ones', { short: 'a' }) },
  arity: none,
  examples: [['Whatever no container uses', 'gantry image prune -af']],
  async run({ context, flags }) {
    const what = flags.all ? 'all images without at least one container associated to them' : 'all dangling images';
    if (!flags.force) await confirm(context, `WARNING! This will remove ${what}.`);
    printPruned(context, [await prune(context, { noun: 'images', title: 'Deleted Images:', field: 'ImagesDeleted', by: { ...flags.filter, dangling: [...(flags.filter['dangling'] ?? []), String(!flags.all)] } })]);
  },
});
