import type { Arity } from '../command.ts';

/** What is wrong with the number of arguments, in docker's words; undefined when nothing is. */
export function arityComplaint(path: string, arity: Arity, count: number): string | undefined {
  const { least, most } = arity;
  if (count >= least && count <= most) return undefined;
  const plural = (number: number): string => `${number} argument${number === 1 ? '' : 's'}`;
  if (most === 0) return `'${path}' accepts no arguments`;
  if (least === most) return `'${path}' requires ${plural(least)}`;
  if (most === Infinity) return `'${path}' requires at least ${plural(least)}`;
  if (least === 0) return `'${path}' requires at most ${plural(most)}`;
  return `'${path}' requires at least ${least} and at most ${plural(most)}`;
}
