import type { VolumeRecord } from '../../store/records.ts';
import { directoryBytes } from '../containers/directory-bytes.ts';
import { isServed } from './options.ts';

const atOnce = 4;

/**
 * Bytes of volumes, counted by libuv's threads a few at a time; callers at the same time share one count. A volume that another machine serves
 * is not counted: -1, as when that machine is silent the threads would wait with it.
 */
export class VolumeSizes {
  readonly #pathOf: (name: string) => string;
  readonly #counting = new Map<string, Promise<number>>();

  constructor(pathOf: (name: string) => string) {
    this.#pathOf = pathOf;
  }

  async of(volume: VolumeRecord): Promise<number> {
    if (isServed(volume.options)) return -1;
    const known = this.#counting.get(volume.name);
    if (known !== undefined) return await known;
    const counting = directoryBytes(this.#pathOf(volume.name)).finally(() => this.#counting.delete(volume.name));
    this.#counting.set(volume.name, counting);
    return await counting;
  }

  async ofAll(volumes: readonly VolumeRecord[]): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    const left = [...volumes];
    const next = async (): Promise<void> => {
      for (let volume = left.pop(); volume !== undefined; volume = left.pop()) sizes.set(volume.name, await this.of(volume));
    };
    await Promise.all(Array.from({ length: atOnce }, next));
    return sizes;
  }
}
