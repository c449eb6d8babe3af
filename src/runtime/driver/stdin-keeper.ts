import { closeSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reopenInputFifo } from '../../host/fifos.ts';
import type { InstanceFile } from '../monitor/instance.ts';
import { fileNames, targetPath } from '../monitor/paths.ts';
import { ifDescriptorsAreLeft } from './descriptors-left.ts';

/**
 * Holds stdin of containers open beside the monitor, so that they do not see its end when the monitor is killed: of those whose stdin outlives its
 * attachments. (Otherwise it ends with the attachment, and that with the monitor.) One descriptor a container; nothing is written to it.
 */
export class StdinKeeper {
  readonly #run: string;
  readonly #held = new Map<string, number>();

  constructor(run: string) {
    this.#run = run;
  }

  /** For a container that runs; nothing when its stdin is closed, it has just ended, or no descriptors are left. */
  keep(id: string): void {
    if (this.#held.has(id)) return;
    const directory = targetPath(this.#run, { id });
    if (!outlivesAttachments(directory)) return;
    const descriptor = ifDescriptorsAreLeft(() => reopenInputFifo(join(directory, fileNames.stdin)));
    if (descriptor !== undefined) this.#held.set(id, descriptor);
  }

  release(id: string): void {
    const descriptor = this.#held.get(id);
    if (descriptor !== undefined) closeSync(descriptor);
    this.#held.delete(id);
  }

  close(): void {
    for (const id of [...this.#held.keys()]) this.release(id);
  }
}

/** Most containers have no stdin at all: that is seen without reading. */
function outlivesAttachments(directory: string): boolean {
  if (!existsSync(join(directory, fileNames.stdin))) return false;
  try {
    const { tty, stdinOnce } = JSON.parse(readFileSync(join(directory, fileNames.instance), 'utf8')) as InstanceFile;
    return !tty && !stdinOnce;
  } catch {
    return false; // it has ended, and its files are gone
  }
}
