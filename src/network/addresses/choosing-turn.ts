import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, hasKind } from '../../base/errors.ts';
import { FileLock } from '../../host/files-lock.ts';

/** Of all engines of the host, whichever folders they have. Root's alone: nobody else can keep them waiting. */
const lockPath = '/run/gantry-subnets.lock';
const pauseMs = 10;
/** Longer than a choice takes: an engine that is stopped in the middle of one keeps nobody. */
const patienceMs = 10_000;

/**
 * Runs `act`, which looks at the host's routes, chooses a subnet and makes its bridge, while no other engine of this host does: two that start in one
 * moment would both find the same subnet free.
 */
export async function inChoosingTurn<T>(act: () => Promise<T>, path = lockPath): Promise<T> {
  const began = performance.now();
  let turn = takeTurn(path);
  while (turn === 'taken' && performance.now() - began < patienceMs) {
    await delay(pauseMs);
    turn = takeTurn(path);
  }
  try {
    return await act();
  } finally {
    if (turn instanceof FileLock) turn.release();
  }
}

/** Where /run cannot be written to, engines choose without turns. */
function takeTurn(path: string): FileLock | 'taken' | 'none' {
  try {
    return FileLock.acquire(path);
  } catch (error) {
    if (hasKind(error, 'conflict')) return 'taken';
    if (['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOSPC'].includes(errnoOf(error) ?? '')) return 'none';
    throw error;
  }
}
