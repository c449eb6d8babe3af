/** One challenge of a `WWW-Authenticate` header. Scheme and parameter names are in lower case. */
export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
}

const tokenPattern = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const token68Pattern = /[0-9A-Za-z\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const quotedPattern = /"((?:[^"\\]|\\.)*)"/y;
const commaPattern = /[ \t]*(?:,[ \t]*)+/y;
const spacePattern = /[ \t]+/y;
const equalsPattern = /[ \t]*=[ \t]*/y;

/**
 * The challenges of a `WWW-Authenticate` header, in order. What cannot be read ends the list: a broken header gives
 * the challenges before the break, and never throws.
 * https://www.rfc-editor.org/rfc/rfc7235#section-4.1
 */
export function parseChallenges(header: string): Challenge[] {
  const cursor = new Cursor(header.trim());
  const challenges: Challenge[] = [];
  cursor.skip(commaPattern);
  for (;;) {
    const scheme = cursor.take(tokenPattern);
    if (scheme === undefined) return challenges;
    const challenge: Challenge = { scheme: scheme.toLowerCase(), parameters: Object.create(null) };
    challenges.push(challenge);
    if (cursor.skip(spacePattern) && !readParameters(cursor, challenge)) return challenges;
    if (cursor.done || !cursor.skip(commaPattern)) return challenges;
  }
}

/** Reads `name=value` pairs until the next scheme. False when the rest cannot be read. */
function readParameters(cursor: Cursor, challenge: Challenge): boolean {
  for (;;) {
    const start = cursor.position;
    const name = cursor.take(tokenPattern);
    const isPair = name !== undefined && cursor.skip(equalsPattern);
    const value = isPair ? readValue(cursor) : undefined;
    if (name === undefined || value === undefined) {
      cursor.position = start;
      return skipToken68(cursor);
    }
    challenge.parameters[name.toLowerCase()] ??= value;
    const end = cursor.position;
    if (cursor.done || !cursor.skip(commaPattern)) return cursor.done;
    if (!nextIsPair(cursor)) {
      cursor.position = end;
      return true;
    }
  }
}

function readValue(cursor: Cursor): string | undefined {
  const quoted = cursor.take(quotedPattern);
  return quoted === undefined ? cursor.take(tokenPattern) : quoted.slice(1, -1).replace(/\\(.)/g, '$1');
}

function nextIsPair(cursor: Cursor): boolean {
  const start = cursor.position;
  const isPair = cursor.take(tokenPattern) !== undefined && cursor.skip(equalsPattern);
  cursor.position = start;
  return isPair;
}

/** `Negotiate dG9rZW4=` carries bare data, which no scheme of a registry uses. */
function skipToken68(cursor: Cursor): boolean {
  return cursor.take(token68Pattern) !== undefined;
}

class Cursor {
  position = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.position >= this.text.length;
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.position = pattern.lastIndex;
    return match[0];
  }

  skip(pattern: RegExp): boolean {
    return this.take(pattern) !== undefined;
  }
}

/** A challenge as text. Values are quoted always: token servers expect it. */
export function formatChallenge(challenge: Challenge): string {
  const parameters = Object.entries(challenge.parameters)
    .map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`);
  return [challenge.scheme.replace(/^./, (first) => first.toUpperCase()), parameters.join(',')].join(' ').trim();
}
