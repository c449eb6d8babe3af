import { closeSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { copyAttributes } from '../../host/copy-tree.ts';
import { removeTreeAt } from '../../store/snapshots/remove-tree.ts';
import { AT_FDCWD, AT_REMOVEDIR, O_DIRECTORY, O_NOFOLLOW, mkdirAt, openAt, readNames, renameAt2, unlinkAt } from '../../host/files.ts';

/**
 * A volume is filled beside itself, and moved in when all of it is there: a daemon that is killed meanwhile leaves nothing that could be
 * taken for contents, and no container that has the volume sees, or can touch, half a copy. Beside is a directory on the filesystem of the
 * volume: the one that holds it, or, of a volume that is a filesystem of its own, its root.
 */
export interface FillRequest {
  /** Open directory that is copied. */
  from: number;
  /** Path of the volume's root. */
  to: string;
  /** Path of the directory where the copy is made; may be `to`. */
  beside: string;
  copyTree: (from: string, to: string) => Promise<void>;
  removeTree: (path: string) => Promise<void>;
}

const copying = '.gantry-copying';
/** All of it is there, and what is still in it is to be moved. */
const copied = '.gantry-copied';
/** Beside the volume's root, out of reach of containers: only with it is `copied` ours in a place that they can reach. */
const moving = '.gantry-moving';

/** Fills a volume that is empty; what another fill that was cut off has finished copying is moved in first. */
export async function fillVolume(request: FillRequest): Promise<void> {
  const { from, to, beside, copyTree, removeTree } = request;
  finishFill(to, beside);
  using held = new DisposableStack();
  const open = (path: string, directory = AT_FDCWD): number => {
    const fd = openAt(directory, path, constants.O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    held.defer(() => closeSync(fd));
    return fd;
  };
  const [root, parent] = [open(to), open(beside)];
  const place = `/proc/self/fd/${parent}/${copying}`;
  if (readdirSync(`/proc/self/fd/${parent}`).includes(copying)) await removeTree(place);
  if (readdirSync(`/proc/self/fd/${root}`).length > 0) return;
  if (readdirSync(`/proc/self/fd/${from}`).length === 0) return copyAttributes(from, root);
  try {
    mkdirAt(parent, copying, 0o700);
    await copyTree(`/proc/self/fd/${from}`, `/proc/self/fd/${open(copying, parent)}`);
    if (beside === to) writeFileSync(markOf(to), '');
    renameAt2({ directory: parent, name: copying }, { directory: parent, name: copied });
  } catch (error) {
    await removeTree(place);
    throw error;
  }
  finishFill(to, beside);
}

/** Moves in what was copied, safe to repeat. What has got a name in the volume meanwhile keeps it. */
export function finishFill(to: string, beside: string): void {
  if (beside === to && !existsSync(markOf(to))) return;
  using held = new DisposableStack();
  const open = (path: string, directory: number): number | undefined => {
    try {
      const fd = openAt(directory, path, constants.O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      held.defer(() => closeSync(fd));
      return fd;
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) return undefined;
      throw error;
    }
  };
  const parent = open(beside, AT_FDCWD);
  const source = parent === undefined ? undefined : open(copied, parent);
  const root = source === undefined ? undefined : open(to, AT_FDCWD);
  if (parent === undefined || source === undefined || root === undefined) return;
  for (const name of readNames(`/proc/self/fd/${source}`)) move(source, root, name);
  copyAttributes(source, root);
  removeEmpty(parent);
  rmSync(markOf(to), { force: true });
}

function markOf(to: string): string {
  return join(dirname(to), moving);
}

function move(source: number, root: number, name: string): void {
  try {
    renameAt2({ directory: source, name }, { directory: root, name }, 'noReplace');
  } catch (error) {
    // Somebody was faster.
    if (!['EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
  }
}

/** What has lost its place to another goes too. */
function removeEmpty(parent: number): void {
  try {
    unlinkAt(parent, copied, AT_REMOVEDIR);
  } catch (error) {
    if (errnoOf(error) !== 'ENOTEMPTY') throw error;
    removeTreeAt(parent, copied);
  }
}
