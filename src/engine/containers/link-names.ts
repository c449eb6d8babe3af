import type { ContainerRecord } from './record.ts';

/** What a link on the default bridge is in a record: `<id of the other>:<alias>`. Links on other networks go by names, and name nobody. */
const byId = /^([0-9a-f]{64}):(.+)$/;

function linksOf({ hostConfig: { links } }: ContainerRecord): { id: string; alias: string }[] {
  return (links ?? []).flatMap((link) => {
    const [, id, alias] = byId.exec(link) ?? [];
    return id === undefined || alias === undefined ? [] : [{ id, alias }];
  });
}

/** The container that `parent` calls so. */
export function linkedId(parent: ContainerRecord, alias: string): string | undefined {
  return linksOf(parent).find((link) => link.alias === alias)?.id;
}

/** `web/db` for the container that `web` calls `db`, of all that are linked to, by their ids. */
export function linkNames(records: readonly ContainerRecord[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const parent of records) {
    for (const { id, alias } of linksOf(parent)) names.set(id, [...names.get(id) ?? [], `${parent.name}/${alias}`]);
  }
  return names;
}
