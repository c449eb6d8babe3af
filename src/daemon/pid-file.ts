import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { GantryError } from '../base/errors.ts';

/** Holds this process's id until it is disposed of. A file that names no process of now is from a daemon that was killed. @throws conflict */
export function writePidFile(path: string): Disposable {
  const holder = pidIn(path);
  if (holder !== undefined && holder !== process.pid && runs(holder)) {
    throw new GantryError('conflict', `failed to start daemon, ensure docker is not running or delete ${path}: process with PID ${holder} is still running`);
  }
  writeFileSync(path, `${process.pid}`, { mode: 0o644 });
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

function pidIn(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined; // none, or one that the write will tell of
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
