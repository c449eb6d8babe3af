import { accessSync } from 'node:fs';

/** Whether this process may do that with a path: access(2). `mode` is of fs.constants. False where there is nothing. */
export function mayAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
