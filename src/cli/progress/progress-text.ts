import { decimalSize } from '../format/sizes.ts';

export interface Progress { current: number; /** 0 when nobody knows. */ total: number; elapsedMs: number; /** Bytes there when the clock was started. */ since: number }

const widestBar = 40;
const narrowestBar = 10;
/** What the brackets, both sizes, the rate and the time need at their longest: the bar keeps its width while they change theirs. */
const besidesBar = 38;

/** `[=====>     ]  12.3MB/50MB  4.1MB/s  9s`, or as much of it as there are cells for: first the bar goes, then the rate, then the sizes. "" where nothing fits. */
export function progressText(progress: Progress, cells: number): string {
  const { current, total } = progress;
  if (total <= 0) return fitting([decimalSize(current, 4)], cells);
  const sizes = `${decimalSize(current, 4)}/${decimalSize(total, 4)}`;
  const width = Math.min(widestBar, cells - besidesBar);
  const whole = `${sizes}${rateOf(progress)}`;
  return fitting([...(width >= narrowestBar ? [`${barOf(current / total, width)}  ${whole}`] : []), whole, sizes, percentOf(progress)], cells);
}

/** "" without a total. */
export function percentOf({ current, total }: Pick<Progress, 'current' | 'total'>): string {
  return total <= 0 ? '' : `${Math.min(100, Math.floor((current / total) * 100))}%`;
}

function fitting(texts: readonly string[], cells: number): string {
  return texts.find((text) => text.length <= cells) ?? '';
}

function barOf(part: number, width: number): string {
  const filled = Math.min(width, Math.floor(part * width));
  return `[${'='.repeat(filled)}${filled < width ? '>' : ''}${' '.repeat(Math.max(0, width - filled - 1))}]`;
}

/** Told after half a second, when it says something. */
function rateOf({ current, total, elapsedMs, since }: Progress): string {
  const rate = elapsedMs > 500 ? ((current - since) / elapsedMs) * 1000 : 0;
  return rate > 0 && current < total ? `  ${decimalSize(rate)}/s  ${Math.ceil((total - current) / rate)}s` : '';
}
