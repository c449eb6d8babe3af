import type { Descriptor } from '../../../oci/descriptor.ts';
import type { Digest } from '../../../oci/digest.ts';
import type { Repository } from '../../../registry/client/manifests.ts';
import type { ContentStore } from '../../../store/content/content.ts';
import type { GrowingFile } from '../../../store/snapshots/growth.ts';
import type { RegistryConnection } from '../registry-port.ts';
import { fetchBlob } from './fetch-blob.ts';
import type { Slots } from './slots.ts';

export type DownloadState =
  | { phase: 'queued' | 'waiting' | 'verifying' | 'complete' }
  | { phase: 'downloading'; currentBytes: number };

export interface DownloadOrder {
  descriptor: Pick<Descriptor, 'digest' | 'size'>;
  repository: Repository;
  connection: RegistryConnection;
}

export interface Watcher { signal: AbortSignal; onState: (state: DownloadState) => void }

export interface Joined {
  /** Where the bytes arrive, once they do. */
  growing: Promise<GrowingFile>;
  /** The blob is in the store. @throws what the registry said, exhausted, the signal's reason */
  done: Promise<void>;
  /** False when somebody else's credentials bring it. */
  isOwn: boolean;
}

interface Download {
  growing: PromiseWithResolvers<GrowingFile>;
  finished: Promise<void>;
  stop: AbortController;
  watchers: Set<Watcher>;
  state: DownloadState;
}

/** Downloads by digest: whoever asks for a blob that is on its way joins in, and it stops when the last one leaves. */
export class Downloads {
  readonly #running = new Map<Digest, Download>();
  readonly #content: ContentStore;
  readonly #slots: Slots;

  constructor(options: { content: ContentStore; slots: Slots }) {
    this.#content = options.content;
    this.#slots = options.slots;
  }

  async join(order: DownloadOrder, watcher: Watcher): Promise<Joined> {
    const { digest } = order.descriptor;
    let download = this.#running.get(digest);
    // One that is being given up is waited for: its file is free then.
    for (; download?.stop.signal.aborted === true; download = this.#running.get(digest)) await download.finished.catch(() => undefined);
    watcher.signal.throwIfAborted();
    const isOwn = download === undefined;
    download ??= this.#start(order);
    download.watchers.add(watcher);
    watcher.onState(download.state);
    return { growing: download.growing.promise, done: this.#watch(download, watcher), isOwn };
  }

  #start(order: DownloadOrder): Download {
    const { digest } = order.descriptor;
    const download: Download = {
      growing: Promise.withResolvers(), finished: Promise.resolve(), stop: new AbortController(), watchers: new Set(), state: { phase: 'queued' },
    };
    download.growing.promise.catch(() => undefined);
    order.connection.hold();
    download.finished = this.#run(download, order).finally(() => {
      this.#running.delete(digest);
      order.connection.release();
    });
    download.finished.catch((error: unknown) => download.growing.reject(error));
    this.#running.set(digest, download);
    return download;
  }

  async #run(download: Download, { descriptor, repository, connection }: DownloadOrder): Promise<void> {
    const { signal } = download.stop;
    const tell = (state: DownloadState): void => {
      download.state = state;
      for (const { onState } of download.watchers) onState(state);
    };
    const give = await this.#slots.take(signal, () => tell({ phase: 'waiting' }));
    try {
      await fetchBlob({
        ...descriptor,
        content: this.#content,
        signal,
        open: (offset) => connection.client.readBlob({ repository, descriptor, offset, verifyDigest: false, signal }),
        growing: (file) => download.growing.resolve(file),
        onBytes: (currentBytes) => tell({ phase: 'downloading', currentBytes }),
        onVerify: () => tell({ phase: 'verifying' }),
      });
      tell({ phase: 'complete' });
    } finally {
      give();
    }
  }

  /** Who leaves last waits until nothing is left running. */
  async #watch(download: Download, watcher: Watcher): Promise<void> {
    const left = Promise.withResolvers<'left'>();
    const leave = (): void => left.resolve('left');
    if (watcher.signal.aborted) leave();
    else watcher.signal.addEventListener('abort', leave, { once: true });
    try {
      if (await Promise.race([download.finished, left.promise]) !== 'left') return;
      if (download.watchers.size === 1) {
        download.stop.abort(watcher.signal.reason);
        await download.finished.catch(() => undefined);
      }
      throw watcher.signal.reason;
    } finally {
      download.watchers.delete(watcher);
      watcher.signal.removeEventListener('abort', leave);
    }
  }
}
