import { GantryError, hasKind } from '../../base/errors.ts';
import { define, none } from '../command.ts';
import { bool } from '../grammar/flag.ts';
import type { Filters } from '../grammar/filters.ts';
import { confirm, printPruned, prune, pruneFlags, type Pruned } from '../prune.ts';

export const command = define({
  usage: '[OPTIONS]',
  flags: { ...pruneFlags, all: bool('Remove all unused images not just dangling ones', { short: 'a' }), volumes: bool('Prune anonymous volumes') },
  arity: none,
  examples: [['Everything that is not in use, unasked', 'gantry system prune -af --volumes']],
  async run({ context, flags }) {
    if (flags.volumes && flags.filter['until'] !== undefined) throw new GantryError('invalid', 'ERROR: The "until" filter is not supported with "--volumes"');
    if (!flags.force) await confirm(context, warning(flags) + filtered(flags.filter));
    const parts: Pruned[] = [
      await prune(context, { noun: 'containers', title: 'Deleted Containers:', field: 'ContainersDeleted', by: flags.filter }),
      await prune(context, { noun: 'networks', title: 'Deleted Networks:', field: 'NetworksDeleted', by: flags.filter }),
    ];
    if (flags.volumes) parts.push(await prune(context, { noun: 'volumes', title: 'Deleted Volumes:', field: 'VolumesDeleted', by: flags.filter }));
    parts.push(await prune(context, { noun: 'images', title: 'Deleted Images:', field: 'ImagesDeleted', by: { ...flags.filter, dangling: [...(flags.filter['dangling'] ?? []), String(!flags.all)] } }));
    parts.push(await prune(context, { noun: 'build', title: 'Deleted build cache objects:', field: 'CachesDeleted', by: flags.filter, query: { all: flags.all || undefined } }).catch((error: unknown) => {
      // An engine without a builder has no cache to clear.
      if (hasKind(error, 'notFound') || hasKind(error, 'notImplemented')) return { lines: [], bytes: 0 };
      throw error;
    }));
    printPruned(context, parts);
  },
});

function warning({ volumes, all }: { volumes: boolean; all: boolean }): string {
  const what = ['all stopped containers', 'all networks not used by at least one container', ...(volumes ? ['all anonymous volumes not used by at least one container'] : []),
    all ? 'all images without at least one container associated to them' : 'all dangling images', all ? 'all build cache' : 'unused build cache'];
  return `WARNING! This will remove:\n${what.map((item) => `  - ${item}\n`).join('')}`;
}

function filtered(by: Filters): string {
  const pairs = Object.entries(by).flatMap(([key, values]) => values.map((value) => `${key}=${value}`)).sort();
  return pairs.length === 0 ? '' : `\n  Items to be pruned will be filtered with:\n${pairs.map((pair) => `  - ${pair}\n`).join('')}`;
}
