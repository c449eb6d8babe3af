import { GantryError } from '../../base/errors.ts';
import { familiarName, familiarRepository, type Reference } from '../../oci/reference.ts';

/**
 * A shell pattern for names as people write them, with the tag or without: `busy*`, `*:latest`, `team/[ab]`. `*` stops at a slash, and `\`
 * takes the meaning of what follows, as in Go's path.Match. @throws invalid
 */
export function referencePattern(pattern: string): (reference: Reference) => boolean {
  const matcher = new RegExp(`^${translated(pattern)}$`, 'u');
  return (reference) => matcher.test(familiarName(reference)) || matcher.test(familiarRepository(reference));
}

function translated(pattern: string): string {
  let found = '';
  for (const [part, range, escaped] of pattern.matchAll(/\[(\^?(?:\\.|[^\]\\])+)\]|\\(.)|./gsu)) {
    if (range !== undefined) found += `[${rangeOf(range)}]`;
    else if (escaped !== undefined) found += literal(escaped);
    else if (part === '*' || part === '?') found += part === '*' ? '[^/]*' : '[^/]';
    else if (part === '[' || part === '\\') throw new GantryError('invalid', 'syntax error in pattern');
    else found += literal(part);
  }
  return found;
}

const literal = (letter: string): string => letter.replace(/[\\^$.*+?()[\]{}|/-]/u, '\\$&');

/** Letters and ranges of letters, each perhaps behind a `\`. */
function rangeOf(range: string): string {
  const isNegated = range.startsWith('^');
  const letter = String.raw`(\\.|[^\\-])`;
  const body = isNegated ? range.slice(1) : range;
  if (!new RegExp(`^(?:${letter}(?:-${letter})?)+$`, 'su').test(body)) throw new GantryError('invalid', 'syntax error in pattern');
  const items = [...body.matchAll(new RegExp(`${letter}(?:-${letter})?`, 'gsu'))].map(([, low = '', high]) => [bare(low), high === undefined ? undefined : bare(high)] as const);
  // Of a range that is upside down nothing is a part.
  const kept = items.filter(([low, high]) => high === undefined || low <= high).map(([low, high]) => literal(low) + (high === undefined ? '' : `-${literal(high)}`));
  return (isNegated ? '^' : '') + kept.join('');
}

const bare = (letter: string): string => letter.replace(/^\\/, '');
