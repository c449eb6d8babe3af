import { existsSync } from 'node:fs';
import type { TableName } from '../../host/nftables/messages.ts';
import type { NftablesSocket } from '../../host/nftables/socket.ts';
import { elementsOf, publishedMaps } from './foreign-ports.ts';
import { tableOf } from './ruleset.ts';

/**
 * Tables of engines that are gone: the folder that is named in the comment was removed, something is published, and no container is on any of the bridges. Nobody is
 * left who would take such a table away, and its ports lead to addresses that nobody has. A daemon that is alive, and sees another folder there, takes back
 * what is published before the last container leaves its bridge.
 */
export function abandonedTables(tables: NftablesSocket, { own, bridgesInUse }: { own: TableName; bridgesInUse: ReadonlySet<string> }): { table: TableName; root: string }[] {
  const prefix = tableOf('').name;
  return tables.tables(own.family).flatMap(({ comment: root, ...table }) => {
    if (!table.name.startsWith(prefix) || table.name === own.name || root?.startsWith('/') !== true || existsSync(root)) return [];
    const bridges = elementsOf(tables, table, 'bridges').map(({ key }) => key.toString('utf8').replace(/\0.*$/s, ''));
    const publishes = publishedMaps.some((map) => elementsOf(tables, table, map).length > 0);
    return publishes && !bridges.some((bridge) => bridgesInUse.has(bridge)) ? [{ table, root }] : [];
  });
}
