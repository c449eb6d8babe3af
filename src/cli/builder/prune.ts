import { define, none } from '../command.ts';
import { bool } from '../grammar/flag.ts';
import { bytes } from '../grammar/numbers.ts';
import { confirm, printPruned, prune, pruneFlags } from '../prune.ts';

export const command = define({
  usage: '',
  flags: { ...pruneFlags, all: bool('Remove all unused build cache, not just dangling ones', { short: 'a' }), 'keep-storage': bytes('Amount of disk space to keep for cache') },
  arity: none,
  examples: [['All but a gigabyte', 'gantry builder prune -f --keep-storage 1g']],
  async run({ context, flags }) {
    if (!flags.force) await confirm(context, `WARNING! This will remove all ${flags.all ? '' : 'dangling '}build cache.`, ' ');
    const query = { all: flags.all || undefined, 'keep-storage': flags['keep-storage'] || undefined };
    printPruned(context, [await prune(context, { noun: 'build', title: 'Deleted build cache objects:', field: 'CachesDeleted', by: flags.filter, query })]);
  },
});
