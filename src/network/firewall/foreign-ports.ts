import { errnoOf } from '../../base/errors.ts';
import { encodeFields } from '../../host/nftables/fields.ts';
import { protocolNumber } from '../../host/internet-protocols.ts';
import type { SetElement, TableName } from '../../host/nftables/messages.ts';
import type { NftablesSocket } from '../../host/nftables/socket.ts';
import type { HostPort } from '../ports/reserve.ts';
import { setOf, tableOf } from './ruleset.ts';

/** Keys of other engines' maps of published ports, in hexadecimal, by the map's name. */
export type ForeignPorts = ReadonlyMap<string, ReadonlySet<string>>;

export const publishedMaps = ['published4', 'published4any', 'published6', 'published6any'] as const;

/** What all engines but the one with the table `own` lead to their containers. */
export function foreignPorts(tables: NftablesSocket, own: TableName): ForeignPorts {
  const prefix = tableOf('').name;
  const others = new Set(tables.chains(own.family).map(({ table }) => table).filter((name) => name.startsWith(prefix) && name !== own.name));
  return new Map(publishedMaps.map((map) => [map, new Set([...others].flatMap((name) => elementsOf(tables, { family: own.family, name }, map).map(({ key }) => key.toString('hex'))))]));
}

/** An engine of another release may have no such set, and its table can go meanwhile. */
export function elementsOf(tables: NftablesSocket, table: TableName, set: string): SetElement[] {
  try {
    return tables.elements(table, set);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The wildcard of a family meets every address of it. */
export function isForeign(foreign: ForeignPorts, { protocol, hostIp, hostPort }: HostPort): boolean {
  const family = hostIp.includes(':') ? 6 : 4;
  const service = [protocolNumber[protocol], hostPort];
  const key = (map: string, values: readonly (string | number)[]): string => encodeFields(setOf(map).key, values).toString('hex');
  const suffix = key(`published${family}any`, service);
  if (foreign.get(`published${family}any`)?.has(suffix) === true) return true;
  const named = foreign.get(`published${family}`) ?? new Set();
  const isAny = hostIp === '0.0.0.0' || hostIp === '::';
  return isAny ? [...named].some((each) => each.endsWith(suffix)) : named.has(key(`published${family}`, [hostIp, ...service]));
}
