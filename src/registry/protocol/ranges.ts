/**
 * The three range notations of the protocol. `start` and `end` are byte offsets; `end` is inclusive, as on the wire.
 * Numbers above 2^53 are refused rather than rounded.
 */
export interface ByteRange {
  start: number;
  end: number;
}

export type RequestedRange = ByteRange | 'whole' | 'unsatisfiable';

/**
 * The part of a blob of `size` bytes that a `Range` header asks for. A header we do not understand, another unit or
 * several ranges ask for the whole, as RFC 9110 allows: https://www.rfc-editor.org/rfc/rfc9110#section-14.2. One that ends before it
 * begins holds nothing, as docker's registry answers it.
 */
export function resolveRange(header: string | undefined, size: number): RequestedRange {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return 'whole';
  const first = safeNumber(match[1]!);
  const last = safeNumber(match[2]!);
  if (match[1] === '') return last === 0 || size === 0 ? 'unsatisfiable' : suffix(size, last);
  if (first === undefined || first >= size) return 'unsatisfiable';
  if (match[2] === '') return { start: first, end: size - 1 };
  if (last !== undefined && last < first) return 'unsatisfiable';
  return { start: first, end: Math.min(last ?? size - 1, size - 1) };
}

function suffix(size: number, length: number | undefined): ByteRange {
  return { start: length === undefined ? 0 : Math.max(0, size - length), end: size - 1 };
}

/** A download's answer: `bytes 0-99/1234`. The total is undefined where the registry wrote `*`. */
export function parseContentRange(header: string): (ByteRange & { total: number | undefined }) | undefined {
  const match = /^bytes\s+(\d+)-(\d+)\/(\d+|\*)$/i.exec(header.trim());
  if (match === null) return undefined;
  const range = ordered(match[1]!, match[2]!);
  const total = match[3] === '*' ? undefined : safeNumber(match[3]!);
  if (range === undefined || (match[3] !== '*' && (total === undefined || range.end >= total))) return undefined;
  return { ...range, total };
}

export function formatContentRange(range: ByteRange, total: number): string {
  return `bytes ${range.start}-${range.end}/${total}`;
}

/**
 * An upload's chunk: `0-1023`, without a unit. A unit (`bytes 0-1023/*`) is accepted, since clients exist that send it.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks
 */
export function parseChunkRange(header: string): ByteRange | undefined {
  const match = /^(?:bytes[ =])?\s*(\d+)-(\d+)(?:\/(?:\d+|\*))?$/i.exec(header.trim());
  return match === null ? undefined : ordered(match[1]!, match[2]!);
}

/** What an upload has so far, as its `Range` header says it. An empty one is `0-0` too: the notation has no word for it. */
export function formatUploadRange(received: number): string {
  return `0-${Math.max(0, received - 1)}`;
}

function ordered(first: string, last: string): ByteRange | undefined {
  const start = safeNumber(first);
  const end = safeNumber(last);
  return start === undefined || end === undefined || end < start ? undefined : { start, end };
}

function safeNumber(digits: string): number | undefined {
  const value = Number(digits);
  return digits !== '' && Number.isSafeInteger(value) ? value : undefined;
}
