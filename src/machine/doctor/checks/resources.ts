import { freeBytes, freeInodes, textOf } from '../../facts/host-facts.ts';
import { finding, ok, type Finding } from '../check.ts';

const gibibyte = 2 ** 30;

export function spaceFinding(folder: string): Finding {
  const free = freeBytes(folder) / gibibyte;
  const detail = `${free.toFixed(1)} GiB free for ${folder}`;
  if (free < 0.5) return finding('space', 'fail', detail, "Free some, remove images with 'gantry rmi', or move it: gantry daemon --root");
  if (free < 5) return finding('space', 'warn', detail, "Images soon fill that. Remove what is unused, or move it: gantry daemon --root");
  const files = freeInodes(folder);
  if (files < 100_000) return finding('space', files < 10_000 ? 'fail' : 'warn', `${detail}, but only ${files} more files`, "Images have many. Remove what is unused, or move it: gantry daemon --root");
  return ok('space', detail);
}

/** @param text of /proc/self/limits */
export function limitFindings(text = textOf('/proc/self/limits')): Finding[] {
  const openFiles = hardLimit(text, 'Max open files');
  const processes = hardLimit(text, 'Max processes');
  const detail = `open files ${openFiles}, processes ${processes}`;
  if (openFiles >= 65_536) return [ok('limits', detail)];
  return [finding('limits', openFiles < 4096 ? 'warn' : 'note', `${detail}: each running container takes a few open files of the daemon`, "Raise it where the daemon starts: LimitNOFILE=1048576, or 'ulimit -Hn'")];
}

/** Infinity when unlimited; NaN when the kernel does not tell. */
function hardLimit(text: string, name: string): number {
  const value = new RegExp(`^${name}\\s+\\S+\\s+(\\S+)`, 'm').exec(text)?.[1];
  return value === 'unlimited' ? Infinity : Number(value);
}
