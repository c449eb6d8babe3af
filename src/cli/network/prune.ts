import { define, none } from '../command.ts';
import { confirm, printPruned, prune, pruneFlags } from '../prune.ts';

export const command = define({
  usage: '[OPTIONS]',
  flags: pruneFlags,
  arity: none,
  examples: [['Without being asked', 'gantry network prune -f']],
  async run({ context, flags }) {
    if (!flags.force) await confirm(context, 'WARNING! This will remove all custom networks not used by at least one container.');
    printPruned(context, [await prune(context, { noun: 'networks', title: 'Deleted Networks:', field: 'NetworksDeleted', by: flags.filter })], false);
  },
});
