export interface Ulimit { Name: string; Soft: number; Hard: number }

const known = new Set(['core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime', 'sigpending', 'stack']);

/** `nofile=1024[:2048]`; -1 is without limit. */
export function parseUlimit(value: string): Ulimit {
  const equals = value.indexOf('=');
  if (equals < 0 || value.indexOf('=', equals + 1) >= 0) throw new Error(`invalid ulimit argument: ${value}`);
  const name = value.slice(0, equals);
  if (!known.has(name)) throw new Error(`invalid ulimit type: ${name}`);
  const parts = value.slice(equals + 1).split(':');
  if (parts.length > 2) throw new Error(`too many limit value arguments - ${value.slice(equals + 1)}, can only have up to two, \`soft[:hard]\``);
  const [soft = 0, hard = soft] = parts.map((part) => {
    if (!/^[+-]?\d+$/.test(part)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(part)}: invalid syntax`);
    return Number(part);
  });
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    throw new Error(soft === -1 ? `ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: ${hard}` : `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
  }
  return { Name: name, Soft: soft, Hard: hard };
}
