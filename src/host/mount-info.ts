import { readFileSync } from 'node:fs';

/** One line of `/proc/<pid>/mountinfo`. Source: proc_pid_mountinfo(5). */
export interface MountInfo {
  id: number;
  parentId: number;
  /** `major:minor`. */
  device: string;
  /** The directory of the filesystem that is the root of this mount. */
  root: string;
  target: string;
  options: string[];
  /** Such as `shared:12`, `master:3`. */
  propagation: string[];
  type: string;
  source: string;
  superOptions: string[];
}

/** The mounts of a process' namespace, in the kernel's order. */
export function mounts(pid: number | 'self' = 'self'): MountInfo[] {
  return parseMountInfo(mountTable(pid));
}

/**
 * `/proc/<pid>/mountinfo` as the kernel writes it, read as bytes: asked for text, Node 24's readFileSync() writes beyond its buffer once a file
 * without a size has given 64 KB in small pieces and then 8192 bytes at once, which is a long table and a mount of many layers.
 */
export function mountTable(pid: number | 'self' = 'self'): string {
  return readFileSync(`/proc/${pid}/mountinfo`).toString('utf8');
}

export function parseMountInfo(text: string): MountInfo[] {
  return text.split('\n').filter((line) => line !== '').map(parseLine);
}

function parseLine(line: string): MountInfo {
  const fields = line.split(' ');
  const dash = fields.indexOf('-', 6);
  const field = (index: number): string => fields[index] ?? '';
  return {
    id: Number(field(0)),
    parentId: Number(field(1)),
    device: field(2),
    root: unescapeOctal(field(3)),
    target: unescapeOctal(field(4)),
    options: field(5).split(','),
    propagation: fields.slice(6, dash),
    type: field(dash + 1),
    source: unescapeOctal(field(dash + 2)),
    superOptions: field(dash + 3).split(','),
  };
}

/** The kernel writes space, tab, newline and backslash as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** The mount a path lies on. One that is listed may be hidden below another that came later: the way leads from mount to mount, as the kernel's does. */
export function mountOf(path: string, all: MountInfo[] = mounts()): MountInfo | undefined {
  const holding = all.filter(({ target }) => path === target || path.startsWith(target === '/' ? '/' : `${target}/`));
  const known = new Set(all.map(({ id }) => id));
  let current = holding.findLast(({ id, parentId }) => parentId === id || !known.has(parentId));
  for (let next = current; next !== undefined;) {
    current = next;
    next = holding.filter(({ id, parentId }) => parentId === current?.id && id !== parentId).sort((a, b) => a.target.length - b.target.length)[0];
  }
  return current;
}
