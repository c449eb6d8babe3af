import { GantryError } from '../../../base/errors.ts';
import type { Values } from '../../grammar/flag.ts';
import type { createFlags } from './flags.ts';

/** Durations in nanoseconds. Undefined when no flag speaks of it. */
export function healthcheck(flags: Values<typeof createFlags>): Record<string, unknown> | undefined {
  const said = {
    Interval: flags['health-interval'], Timeout: flags['health-timeout'], StartPeriod: flags['health-start-period'], StartInterval: flags['health-start-interval'], Retries: flags['health-retries'],
  };
  const any = flags['health-cmd'] !== '' || Object.values(said).some((value) => value !== 0);
  if (flags['no-healthcheck']) {
    if (any) throw new GantryError('invalid', '--no-healthcheck conflicts with --health-* options');
    return { Test: ['NONE'] };
  }
  if (!any) return undefined;
  for (const name of ['health-interval', 'health-timeout', 'health-retries', 'health-start-period', 'health-start-interval'] as const) {
    if (flags[name] < 0) throw new GantryError('invalid', `--${name} cannot be negative`);
  }
  return { ...(flags['health-cmd'] === '' ? {} : { Test: ['CMD-SHELL', flags['health-cmd']] }), ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== 0)) };
}
