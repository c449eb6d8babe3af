import { packTree } from '../../host/pack-tree.ts';
import { publishEvent } from '../containers/publish-event.ts';
import type { FileDeps } from './deps.ts';
import { locate, pathStat } from './locate.ts';
import { openRoot } from './root-view.ts';
import { streamOf } from './stream-of.ts';
import type { FileVerbs } from './verbs.ts';

export function statVerb(deps: FileDeps): FileVerbs['stat'] {
  return async (container, path) => {
    await using root = await openRoot(deps, deps.catalog.find(container));
    using found = locate(root, container, path);
    return pathStat(root, found);
  };
}

export function readVerb(deps: FileDeps): FileVerbs['read'] {
  return async (container, path, signal) => {
    await using held = new AsyncDisposableStack();
    const record = deps.catalog.find(container);
    const root = held.use(await openRoot(deps, record));
    const found = held.use(locate(root, container, path));
    const stat = pathStat(root, found);
    publishEvent(deps.events, record, 'archive-path');
    const tree = packTree({ directory: found.directory, entry: found.entry, name: found.name, whiteouts: 'none', signal });
    return { stat, tar: streamOf(tree, held.move()) };
  };
}

export function exportVerb(deps: FileDeps): FileVerbs['export'] {
  return async (container, signal) => {
    await using held = new AsyncDisposableStack();
    const record = deps.catalog.find(container);
    const root = held.use(await openRoot(deps, record, { volumes: false }));
    publishEvent(deps.events, record, 'export');
    return streamOf(packTree({ directory: root.fd, entry: '.', name: '', whiteouts: 'none', signal }), held.move());
  };
}
