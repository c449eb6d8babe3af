import { GantryError } from '../../base/errors.ts';
import { define, none } from '../command.ts';
import { bool } from '../grammar/flag.ts';
import { confirm, printPruned, prune, pruneFlags } from '../prune.ts';

export const command = define({
  usage: '[OPTIONS]',
  flags: { ...pruneFlags, all: bool('Remove all unused volumes, not just anonymous ones', { short: 'a' }) },
  arity: none,
  examples: [['Anonymous ones only, without being asked', 'gantry volume prune -f']],
  async run({ context, flags }) {
    if (flags.all && flags.filter['all'] !== undefined) throw new GantryError('invalid', 'conflicting options: cannot specify both --all and --filter all=1');
    const by = flags.all ? { ...flags.filter, all: ['true'] } : flags.filter;
    if (!flags.force) await confirm(context, `WARNING! This will remove ${flags.all ? 'all' : 'anonymous'} local volumes not used by at least one container.`);
    printPruned(context, [await prune(context, { noun: 'volumes', title: 'Deleted Volumes:', field: 'VolumesDeleted', by })]);
  },
});
