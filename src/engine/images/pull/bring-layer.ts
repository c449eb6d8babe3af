import { GantryError, hasKind } from '../../../base/errors.ts';
import type { Digest } from '../../../oci/digest.ts';
import type { ImageLayer } from '../../../store/records.ts';
import { Growth, type GrowingFile } from '../../../store/snapshots/growth.ts';
import { unpackLayer } from '../add-image.ts';
import type { ImageDeps } from '../deps.ts';
import { watchUnpacking } from '../watch-unpacking.ts';
import type { DownloadOrder, Downloads, DownloadState } from './downloads.ts';

export type LayerState = DownloadState | { phase: 'exists' } | { phase: 'extracting'; currentBytes: number } | { phase: 'pulled' };

export interface LayerOrder extends Pick<DownloadOrder, 'repository' | 'connection'> {
  layer: ImageLayer;
  parent: Digest | undefined;
  /** False for an image that cannot run here: it is unpacked when somebody uses it. */
  unpack: boolean;
  signal: AbortSignal;
  onState: (state: LayerState) => void;
}

interface Parts { deps: ImageDeps; downloads: Downloads }

/** One layer into the content store and, while it comes, into the snapshotter. What is there already is not brought again. */
export async function bringLayer({ deps, downloads }: Parts, order: LayerOrder): Promise<void> {
  const { layer, onState } = order;
  const size = await deps.content.size(layer.digest);
  if (size !== undefined && size !== layer.size) throw wrongSize(layer, size);
  const wantsUnpacking = order.unpack && !deps.snapshots.has(layer.chainId);
  if (size !== undefined && !wantsUnpacking) return onState({ phase: 'exists' });
  if (size === undefined) await download({ deps, downloads }, order, wantsUnpacking);
  else await unpackStored(deps, order);
  onState({ phase: 'pulled' });
}

function wrongSize({ digest, size }: ImageLayer, found: number): GantryError {
  return new GantryError('invalid', `layer ${digest} has ${found} bytes where the manifest says ${size}`);
}

async function unpackStored(deps: ImageDeps, order: LayerOrder): Promise<void> {
  const growth = new Growth();
  growth.complete();
  order.onState({ phase: 'complete' });
  const file = { file: deps.content.path(order.layer.digest), growth: growth.cells };
  await showExtraction(growth, order, unpackLayer(deps, { ...order, file }));
}

async function download({ deps, downloads }: Parts, order: LayerOrder, wantsUnpacking: boolean): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([order.signal, failed.signal]);
  const { growing, done, isOwn } = await downloads.join({ ...order, descriptor: order.layer }, { signal, onState: order.onState });
  const unpacking = wantsUnpacking ? unpackWhileItComes(deps, { ...order, signal }, { growing, done }) : Promise.resolve('unpacked' as const);
  unpacking.catch((error: unknown) => failed.abort(error));
  const shown = done.then(async () => await showExtraction(new Growth((await growing).growth), order, unpacking));
  const [brought, unpacked] = await Promise.allSettled([shown, unpacking]);
  order.signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
  if (brought.status === 'rejected') {
    // The one whose credentials bring it may be less welcome than we are: we try ourselves.
    const isRefused = hasKind(brought.reason, 'unauthorized') || hasKind(brought.reason, 'forbidden');
    if (isOwn || !isRefused) throw brought.reason;
    return await bringLayer({ deps, downloads }, order);
  }
  if (unpacked.status === 'fulfilled' && unpacked.value === 'startAgain') await unpackStored(deps, order);
}

/** A download that failed, or had to begin again, is no failure of the unpacking. */
async function unpackWhileItComes(deps: ImageDeps, order: LayerOrder, { growing, done }: { growing: Promise<GrowingFile>; done: Promise<unknown> }): Promise<'unpacked' | 'startAgain'> {
  const file = await growing.catch(() => undefined);
  if (file === undefined) return 'startAgain';
  try {
    await unpackLayer(deps, { ...order, file });
    return 'unpacked';
  } catch (error) {
    const growth = new Growth(file.growth);
    // All of it came and is being verified: bytes that are not those of the digest explain whatever they broke.
    const isWrong = growth.isComplete && !(await done.then(() => true, () => false));
    if (isWrong || growth.isBroken) return 'startAgain';
    throw error;
  }
}

async function showExtraction(growth: Growth, { layer, onState }: LayerOrder, unpacking: Promise<unknown>): Promise<void> {
  await watchUnpacking(growth, { sizeBytes: layer.size, tell: (currentBytes) => onState({ phase: 'extracting', currentBytes }) }, unpacking);
}
