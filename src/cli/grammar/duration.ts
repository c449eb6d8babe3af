import { parseDuration } from '../../base/parse-duration.ts';
import { custom, type Flag, type FlagOptions } from './flag.ts';

/** A flag that holds nanoseconds. */
export function duration(summary: string, options: FlagOptions = {}): Flag<number> {
  return custom(summary, { type: 'duration', shown: '0s', ...options, initial: 0, parse: parseDuration });
}
