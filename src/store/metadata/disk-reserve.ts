import { closeSync, ftruncateSync, openSync, rmSync } from 'node:fs';
import { allocate } from '../../host/allocate.ts';

const reserveBytes = 4 << 20;

/**
 * Space that is held back beside the database. When the disk is full it is given to the database, so that what frees the disk can be done and
 * recorded: an engine that cannot remove anything because nothing can be written is stuck.
 */
export class DiskReserve {
  readonly #path: string | undefined;
  #held = false;

  /** Without a path there is nothing to hold. */
  constructor(path: string | undefined) {
    this.#path = path;
    this.refill();
  }

  /** False while the disk has no room for it. */
  get isHeld(): boolean {
    return this.#held || this.#path === undefined;
  }

  refill(): void {
    if (this.isHeld || this.#path === undefined) return;
    try {
      const fd = openSync(this.#path, 'a', 0o600);
      try {
        this.#held = allocate(fd, reserveBytes);
        if (!this.#held) ftruncateSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch {
      // No room even for its name: as when there is none for its bytes.
    }
  }

  /** False when it had been given away before. */
  release(): boolean {
    if (!this.#held || this.#path === undefined) return false;
    this.#held = false;
    rmSync(this.#path, { force: true });
    return true;
  }
}
