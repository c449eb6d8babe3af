import { closeSync, constants, openSync } from 'node:fs';
import { GantryError, errnoOf } from '../../base/errors.ts';
import { mkdirAt, openAt2, O_DIRECTORY, resolve } from '../../host/files.ts';

const withinRoot = resolve.inRoot | resolve.noMagicLinks;
const maxOpen = 256;

/**
 * Descriptors of directories below one root, by the names an archive gives them. The kernel resolves every name as if the root were `/`
 * (openat2, RESOLVE_IN_ROOT), so neither `..` nor a symlink made earlier in the archive leads out. Last used ones stay open.
 */
export class RootedDirectories {
  readonly root: number;
  readonly #open = new Map<string, number>();
  readonly #retired: number[] = [];
  readonly #rules: number;
  readonly #blocked: (directory: number, name: string) => boolean;
  readonly #made: (path: string) => void;

  /**
   * `blocked` may put a directory in the place of something else that stands where a parent must be; it says whether it did.
   * `made` is told of each directory that had to be made. `crossMounts`: what is mounted below the root belongs to it, as in a container's own view.
   */
  constructor(root: string, options: { blocked: (directory: number, name: string) => boolean; made: (path: string) => void; crossMounts: boolean }) {
    this.root = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
    this.#rules = withinRoot | (options.crossMounts ? 0 : resolve.noCrossDevice);
    this.#blocked = options.blocked;
    this.#made = options.made;
  }

  /** `parts`: clean components, none of them `..`. Missing ones are made. @throws invalid when a part is no directory. */
  open(parts: readonly string[]): number {
    if (parts.length === 0) return this.root;
    const path = parts.join('/');
    const cached = this.#open.get(path);
    if (cached !== undefined) return cached;
    return this.#remember(path, this.#openOrMake(parts, path));
  }

  #openOrMake(parts: readonly string[], path: string): number {
    try {
      return openAt2(this.root, path, O_DIRECTORY, this.#rules);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw translate(error, path);
    }
    const parent = this.open(parts.slice(0, -1));
    const name = parts.at(-1) as string;
    try {
      mkdirAt(parent, name, 0o755);
      this.#made(path);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST' || !this.#blocked(parent, name)) throw translate(error, path);
    }
    try {
      return openAt2(this.root, path, O_DIRECTORY, this.#rules);
    } catch (error) {
      throw translate(error, path);
    }
  }

  #remember(path: string, fd: number): number {
    if (this.#open.size >= maxOpen) this.forget();
    this.#open.set(path, fd);
    return fd;
  }

  /** After a directory or link was replaced: names may mean something else now. Descriptors given out stay open until settle(). */
  forget(): void {
    this.#retired.push(...this.#open.values());
    this.#open.clear();
  }

  /** No descriptor that open() gave is in use any more. */
  settle(): void {
    while (this.#retired.length > 0) closeSync(this.#retired.pop() as number);
  }

  close(): void {
    this.forget();
    this.settle();
    closeSync(this.root);
  }
}

function translate(error: unknown, path: string): unknown {
  const code = errnoOf(error);
  const known = code === 'EEXIST' || code === 'ENOTDIR' || code === 'ENOENT' || code === 'ELOOP' || code === 'EXDEV' || code === 'ENAMETOOLONG';
  return known ? new GantryError('invalid', `invalid archive: ${path.slice(0, 200)} cannot be a directory (${code})`, { cause: error }) : error;
}
