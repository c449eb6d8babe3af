import { Readable } from 'node:stream';
import { packTree } from '../../host/pack-tree.ts';
import type { FileDeps } from './deps.ts';
import { locate, pathStat } from './locate.ts';
import { openRoot } from './root-view.ts';
import type { FileVerbs } from './verbs.ts';

export function statVerb(deps: FileDeps): FileVerbs['stat'] {
  return async (container, path) => {
    await using root = await openRoot(deps, deps.catalog.find(container));
    using found = locate(root, deps.catalog.find(container), path);
    return pathStat(root, found);
  };
}

export function readVerb(deps: FileDeps): FileVerbs['read'] {
  return async (container, path, signal) => {
    const record = deps.catalog.find(container);
    const held = new AsyncDisposableStack();
    try {
      const root = held.use(await openRoot(deps, record));
      const found = held.use(locate(root, record, path));
      const stat = pathStat(root, found);
      const tar = packed(packTree({ directory: found.directory, entry: found.entry, name: found.name === '/' ? '' : found.name, whiteouts: 'none', signal }), held.move());
      return { stat, tar };
    } catch (error) {
      await held.disposeAsync();
      throw error;
    }
  };
}

export function exportVerb(deps: FileDeps): FileVerbs['export'] {
  return async (container, signal) => {
    const record = deps.catalog.find(container);
    const held = new AsyncDisposableStack();
    try {
      const root = held.use(await openRoot(deps, record, { volumes: false }));
      return packed(packTree({ directory: root.fd, entry: '.', name: '', whiteouts: 'none', signal }), held.move());
    } catch (error) {
      await held.disposeAsync();
      throw error;
    }
  };
}

/** The archive as a stream; whatever its end, what it stood on is given back. */
export function packed(chunks: AsyncGenerator<Buffer>, held: AsyncDisposableStack): Readable {
  async function* whole(): AsyncGenerator<Buffer> {
    try {
      yield* chunks;
    } finally {
      await held.disposeAsync();
    }
  }
  const stream = Readable.from(whole(), { objectMode: false, highWaterMark: 1 << 18 });
  // A stream that is thrown away before its first byte never enters the generator.
  stream.once('close', () => void held.disposeAsync());
  return stream;
}
