import { dirname } from 'node:path';
import { KeyedLocks } from '../../base/locks.ts';
import { GantryError, messageOf } from '../../base/errors.ts';
import { mounts, unmount } from '../../host/mount.ts';
import type { VolumeRecord } from '../../store/records.ts';
import { isMounted, mountVolume } from './options.ts';

export interface VolumeMountsOptions {
  find: (name: string) => VolumeRecord | undefined;
  pathOf: (name: string) => string;
  /** Whether a container that runs, or is being started, uses it; `except` does not count. */
  isUsed: (name: string, except: string | undefined) => boolean;
}

/**
 * Volumes that are filesystems of their own are mounted at their first use and unmounted after the last. Who uses one is read from the
 * containers' records, so a daemon that starts again goes on where the one before it was killed; only holds of this process are counted here.
 */
export class VolumeMounts {
  readonly #options: VolumeMountsOptions;
  readonly #locks = new KeyedLocks();
  readonly #holds = new Map<string, number>();

  constructor(options: VolumeMountsOptions) {
    this.#options = options;
  }

  /**
   * Keeps a volume mounted, and from being removed, until disposed. `beside` is a directory on its filesystem that no container sees; of one that
   * is a filesystem of its own, its root.
   * @throws notFound; internal with Docker's sentence when it cannot be mounted
   */
  async hold(name: string): Promise<AsyncDisposable & { path: string; beside: string }> {
    const volume = this.#options.find(name);
    if (volume === undefined) throw new GantryError('notFound', `get ${name}: no such volume`);
    this.#holds.set(name, (this.#holds.get(name) ?? 0) + 1);
    const path = this.#options.pathOf(name);
    try {
      if (isMounted(volume.options)) await this.#locks.run(name, () => this.#mount(volume, path));
    } catch (cause) {
      this.#letGo(name);
      throw new GantryError('internal', `error while mounting volume '${path}': ${messageOf(cause)}`, { cause });
    }
    let held = true;
    return {
      path, beside: isMounted(volume.options) ? path : dirname(path),
      [Symbol.asyncDispose]: async () => {
        if (!held) return;
        held = false;
        this.#letGo(name);
        await this.settle(name);
      },
    };
  }

  isHeld(name: string): boolean {
    return this.#holds.has(name);
  }

  /** Unmounts a volume that nobody uses. `except`: a container that is ending. */
  async settle(name: string, except?: string): Promise<void> {
    const volume = this.#options.find(name);
    if (volume === undefined || !isMounted(volume.options)) return;
    await this.#locks.run(name, () => {
      if (!this.isHeld(name) && !this.#options.isUsed(name, except)) unmountAll(this.#options.pathOf(name));
    });
  }

  async #mount(volume: VolumeRecord, path: string): Promise<void> {
    if (!mounts().some(({ target }) => target === path)) await mountVolume(volume.options, path);
  }

  #letGo(name: string): void {
    const left = (this.#holds.get(name) ?? 1) - 1;
    if (left === 0) this.#holds.delete(name);
    else this.#holds.set(name, left);
  }
}

/** Nothing is mounted at or below `directory` when it returns: what is removed next must not be another filesystem's. @throws conflict */
export function unmountAll(directory: string): void {
  const below = (): string[] => mounts().map(({ target }) => target).filter((target) => target === directory || target.startsWith(`${directory}/`));
  for (const target of below().reverse()) unmount(target, { lazy: true });
  const [left] = below();
  if (left !== undefined) throw new GantryError('conflict', `${left} cannot be unmounted`);
}
