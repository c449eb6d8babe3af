import { closeSync } from 'node:fs';
import { errnoOf } from '../../../base/errors.ts';
import { mkdirAt, O_DIRECTORY, O_NOFOLLOW, openAt } from '../../../host/files.ts';

/**
 * The directories from one root down to where the last step was, open. No link is ever followed on the way; what is missing is made.
 * Archives list a tree depth first, so most steps reuse what is open.
 */
export class OpenDirectories implements Disposable {
  readonly #chain: { name: string; fd: number }[] = [];
  readonly #root: number;

  /** Takes the root over. */
  constructor(root: number) {
    this.#root = root;
  }

  /** Valid until the next call. @throws ENOTDIR or ELOOP where a part is a link or no directory */
  open(parts: readonly string[]): number {
    let depth = 0;
    while (depth < parts.length && this.#chain[depth]?.name === parts[depth]) depth += 1;
    for (const { fd } of this.#chain.splice(depth)) closeSync(fd);
    let at = this.#chain.at(-1)?.fd ?? this.#root;
    for (const name of parts.slice(depth)) {
      at = step(at, name);
      this.#chain.push({ name, fd: at });
    }
    return at;
  }

  /** As open(), beside what is open now. */
  separately(parts: readonly string[]): Disposable & { fd: number } {
    const opened: number[] = [];
    let at = this.#root;
    const close = (): void => { for (const fd of opened) closeSync(fd); };
    try {
      for (const name of parts) {
        at = step(at, name);
        opened.push(at);
      }
    } catch (error) {
      close();
      throw error;
    }
    return { fd: at, [Symbol.dispose]: close };
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#chain.splice(0)) closeSync(fd);
    closeSync(this.#root);
  }
}

function step(directory: number, name: string): number {
  try {
    return openAt(directory, name, O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  mkdirAt(directory, name, 0o755);
  return openAt(directory, name, O_DIRECTORY | O_NOFOLLOW);
}
