import { GantryError } from '../../base/errors.ts';
import { parseContainerName } from './container-name.ts';
import type { ContainerDeps } from './deps.ts';
import { publishEvent } from './publish-event.ts';
import { trying } from './tried.ts';

/** @throws conflict when the name is taken */
export async function rename(deps: ContainerDeps, container: string, wanted: string): Promise<void> {
  if (container === '' || wanted === '') throw new GantryError('invalid', 'Neither old nor new names may be empty');
  const { id } = deps.catalog.find(container);
  const what = 'Error when allocating new name';
  const name = trying(what, () => parseContainerName(wanted.startsWith('/') ? wanted : `/${wanted}`));
  await deps.locks.run(id, async () => {
    const record = deps.catalog.current(id);
    if (record.name === name) throw new GantryError('invalid', 'Renaming a container with the same name as its current name');
    const release = trying(what, () => deps.catalog.reserveName(name, id));
    try {
      const renamed = deps.catalog.save({ ...record, name }, { durable: true });
      await deps.networks.renamed(renamed, record.name);
      publishEvent(deps.events, renamed, 'rename', { oldName: `/${record.name}` });
    } finally {
      release();
    }
  });
}
