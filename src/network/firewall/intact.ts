import type { Element } from './elements.ts';

interface Item {
  chain?: { name: string; hook?: string; prio?: number; policy?: string };
  rule?: { chain: string; expr: unknown };
  set?: { name: string; elem?: unknown[] };
  map?: { name: string; elem?: unknown[] };
}

/** The rules of a table as nft lists it, in one string to compare: what never changes while it is ours. */
export function rulesOf(listing: readonly unknown[]): string {
  return JSON.stringify((listing as Item[]).flatMap(({ chain, rule }): unknown[] => {
    if (chain !== undefined) return [[chain.name, chain.hook, chain.prio, chain.policy]];
    return rule === undefined ? [] : [[rule.chain, rule.expr]];
  }));
}

/** Whether the table has these rules, and as many elements in each set as there should be. */
export function holds(listing: readonly unknown[], rules: string, elements: readonly Element[]): boolean {
  if (rulesOf(listing) !== rules) return false;
  const wanted = Map.groupBy(elements, ({ set }) => set);
  return (listing as Item[]).every((item) => {
    const set = item.set ?? item.map;
    if (set === undefined) return true;
    const keys = new Set(wanted.get(set.name)?.map(({ key }) => key));
    return (set.elem?.length ?? 0) === keys.size;
  });
}
