import { custom, type Flag, type FlagOptions } from './flag.ts';

const unitNs: Readonly<Record<string, number>> = {
  ns: 1, us: 1e3, 'µs': 1e3, 'μs': 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9,
};

/** Nanoseconds from a Go duration such as `1h30m`, `250ms`, `1.5s`. Throws Go's sentences. */
export function parseDuration(value: string): number {
  const quoted = JSON.stringify(value);
  const sign = value.startsWith('-') ? -1 : 1;
  let rest = value.replace(/^[+-]/, '');
  if (rest === '0') return 0;
  if (rest === '') throw new Error(`time: invalid duration ${quoted}`);
  let total = 0;
  while (rest !== '') {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) throw new Error(`time: invalid duration ${quoted}`);
    rest = rest.slice(number.length);
    const unit = /^[^.\d]+/.exec(rest)?.[0];
    if (unit === undefined) throw new Error(`time: missing unit in duration ${quoted}`);
    const factor = unitNs[unit];
    if (factor === undefined) throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
    total += Number(number) * factor;
    rest = rest.slice(unit.length);
  }
  return sign * Math.round(total);
}

/** A flag that holds nanoseconds. */
export function duration(summary: string, options: FlagOptions = {}): Flag<number> {
  return custom(summary, { type: 'duration', shown: '0s', ...options, initial: 0, parse: parseDuration });
}
