import { GantryError } from '../base/errors.ts';

/** A limit of what the processes of a container may take, as Docker names it: setrlimit(2) without `RLIMIT_`. */
export interface Ulimit { name: string; soft: number; hard: number }

export const unlimited = -1;

const names = ['core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime', 'sigpending', 'stack'];

/** @throws invalid, in Docker's words, for a name that is none, and for a soft limit above the hard one */
export function checkUlimit({ name = '', soft = 0, hard = 0 }: Partial<Ulimit>): Ulimit {
  if (!names.includes(name)) throw invalid(`invalid ulimit type: ${name}`);
  if (hard !== unlimited && (soft === unlimited || soft > hard)) {
    throw invalid(`ulimit soft limit must be less than or equal to hard limit: ${soft === unlimited ? `soft: -1 (unlimited), hard: ${hard}` : `${soft} > ${hard}`}`);
  }
  return { name, soft, hard };
}

/** `nofile=1024[:2048]`; -1 is without limit. @throws invalid */
export function parseUlimit(text: string): Ulimit {
  const [name, value, ...more] = text.split('=');
  if (value === undefined || more.length > 0) throw invalid(`invalid ulimit argument: ${text}`);
  checkUlimit({ name });
  const parts = value.split(':');
  if (parts.length > 2) throw invalid(`too many limit value arguments - ${value}, can only have up to two, \`soft[:hard]\``);
  const [soft = 0, hard = soft] = parts.map((part) => {
    if (!/^[+-]?\d+$/.test(part)) throw invalid(`strconv.ParseInt: parsing ${JSON.stringify(part)}: invalid syntax`);
    return Number(part);
  });
  return checkUlimit({ name, soft, hard });
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
