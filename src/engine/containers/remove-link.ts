import { GantryError } from '../../base/errors.ts';
import type { ContainerDeps } from './deps.ts';

/** `rm --link web/db`: the container `web` knows no `db` any more, from its next start on. @throws notFound, conflict for what is no link */
export async function removeLink(deps: ContainerDeps, path: string): Promise<void> {
  const [, parent, alias = ''] = /^\/?([^/]+)\/(.+)$/.exec(path) ?? [];
  if (parent === undefined) {
    deps.catalog.find(path);
    throw new GantryError('conflict', 'Conflict, cannot remove the default link name of the container');
  }
  const missing = (): GantryError => new GantryError('notFound', `No such container: ${path}`);
  const found = deps.catalog.all().find(({ name }) => name === parent);
  if (found === undefined) throw missing();
  await deps.locks.run(found.id, async () => {
    const record = deps.catalog.current(found.id);
    const links = deps.networks.linksWithout(record, alias);
    if (links === undefined) throw missing();
    deps.catalog.save({ ...record, hostConfig: { ...record.hostConfig, links } }, { durable: true });
  });
}
