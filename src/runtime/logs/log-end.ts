import { statSync } from 'node:fs';
import type { LogEnd } from '../driver/runtime.ts';
import { nowRfc3339 } from './time.ts';

/** Where a log ends now. Exact in the process that writes it, which does so synchronously. */
export function logEndOf(path: string): LogEnd {
  const found = statSync(path, { throwIfNoEntry: false });
  return { inode: found?.ino, bytes: found?.size ?? 0, time: nowRfc3339() };
}
