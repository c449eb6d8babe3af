import { GantryError } from '../../../base/errors.ts';
import type { MountRequest } from '../../../oci/container.ts';

const defaults = ['noexec', 'nosuid', 'nodev'];
const flags = new Set([
  'defaults', 'ro', 'rw', 'suid', 'nosuid', 'dev', 'nodev', 'exec', 'noexec', 'sync', 'async', 'dirsync', 'remount', 'mand', 'nomand', 'atime', 'noatime',
  'diratime', 'nodiratime', 'bind', 'rbind', 'unbindable', 'runbindable', 'private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'relatime',
  'norelatime', 'strictatime', 'nostrictatime',
]);
const keys = new Set(['mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'size', 'mpol']);

/** The options of `--tmpfs /path:options`, over Docker's defaults. @throws invalid for an option tmpfs does not have. */
export function parseTmpfsOptions(text: string): string[] {
  const words = text === '' ? [] : text.split(',');
  for (const word of words) {
    const parts = /^([^=]*)=(.*)$/s.exec(word)?.slice(1) ?? [word];
    if (flags.has(word) || (parts.length === 2 && keys.has(parts[0] as string))) continue;
    throw new GantryError('invalid', `invalid tmpfs option ${JSON.stringify(parts[0])}`);
  }
  return mergeFlags([...defaults, ...words.filter((word) => word !== 'defaults')]);
}

/** The options of `--mount type=tmpfs`. */
export function tmpfsOptionsOf(request: MountRequest['tmpfsOptions'], readOnly: boolean): string[] {
  const options = [...defaults];
  if (readOnly) options.push('ro');
  if (request?.mode) options.push(`mode=${request.mode.toString(8)}`);
  if (request?.sizeBytes) options.push(`size=${request.sizeBytes}`);
  for (const option of request?.options ?? []) {
    if (option.length < 1 || option.length > 2) throw new GantryError('invalid', 'invalid option array length');
    if (option[0] !== 'exec' && option[0] !== 'noexec') throw new GantryError('invalid', `invalid option: ${option[0]}`);
    options.push(option.join('='));
  }
  return mergeFlags(options);
}

/** The last of `exec` and `noexec` wins, and so for every such pair and for every key. */
function mergeFlags(words: readonly string[]): string[] {
  const subjectOf = (word: string): string => {
    if (word === 'ro' || word === 'rw') return 'access';
    return (word.split('=', 1)[0] as string).replace(/^no(?=exec|suid|dev$|atime|diratime|mand|relatime|strictatime)/, '');
  };
  const last = new Map<string, string>();
  for (const word of words) {
    last.delete(subjectOf(word));
    last.set(subjectOf(word), word);
  }
  return [...last.values()];
}
