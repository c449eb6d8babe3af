import { shortId } from '../../../base/ids.ts';
import type { ImageLayer } from '../../../store/records.ts';
import type { Progress } from '../verbs.ts';
import type { LayerState } from './bring-layer.ts';

/** A bar is drawn anew ten times a second at most. */
const quietMs = 100;

/** The lines of one layer, with Docker's words in Docker's order. */
export function layerLines({ digest, size }: Pick<ImageLayer, 'digest' | 'size'>, progress: Progress, nowMs = () => performance.now()): (state: LayerState) => void {
  const id = shortId(digest);
  const say = (status: string): void => progress({ status, id });
  let last: LayerState['phase'] | undefined;
  let drawnMs = -Infinity;
  const bar = (status: string, current: number, isNew: boolean): void => {
    if (!isNew && current < size && nowMs() - drawnMs < quietMs) return;
    drawnMs = nowMs();
    progress({ status, id, progress: { current, total: size } });
  };
  return (state) => {
    const isNew = state.phase !== last;
    if (last === undefined && state.phase !== 'exists') say('Pulling fs layer');
    last = state.phase;
    switch (state.phase) {
      case 'queued': return;
      case 'waiting': return say('Waiting');
      case 'downloading': return bar('Downloading', state.currentBytes, isNew);
      case 'verifying': return say('Verifying Checksum');
      case 'complete': return isNew ? say('Download complete') : undefined;
      case 'extracting': return bar('Extracting', state.currentBytes, isNew);
      case 'pulled': return say('Pull complete');
      case 'exists': return say('Already exists');
    }
  };
}
