import { define, none } from '../command.ts';
import { confirm, printPruned, prune, pruneFlags } from '../prune.ts';

export const command = define({
  usage: '[OPTIONS]',
  flags: pruneFlags,
  arity: none,
  examples: [['Those that stopped more than a day ago', 'gantry container prune -f --filter until=24h']],
  async run({ context, flags }) {
    if (!flags.force) await confirm(context, 'WARNING! This will remove all stopped containers.');
    printPruned(context, [await prune(context, { noun: 'containers', title: 'Deleted Containers:', field: 'ContainersDeleted', by: flags.filter })]);
  },
});
