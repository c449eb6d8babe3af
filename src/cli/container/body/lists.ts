import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { GantryError } from '../../../base/errors.ts';

/** `-e VAR` takes the value from this process; a name that is not set here is left to the engine as it is. */
export function checkEnv(value: string): string {
  const equals = value.indexOf('=');
  if (value === '' || equals === 0) throw new Error(`invalid environment variable: ${value}`);
  if (equals > 0) return value;
  const known = process.env[value];
  return known === undefined ? value : `${value}=${known}`;
}

export function checkLabel(value: string): string {
  const key = value.split('=', 1)[0] ?? '';
  if (key.trim() === '') throw new Error(`invalid label '${value}': empty name`);
  if (/\s/.test(key)) throw new Error(`invalid label '${value}': key contains whitespaces`);
  return value;
}

export function checkLink(value: string): string {
  const parts = value.split(':');
  if (value === '' || (parts[0] ?? '') === '') throw new Error('empty string specified for links');
  if (parts.length > 2) throw new Error(`bad format for links: ${value}`);
  return value;
}

/** `host:ip` or `host=ip`; brackets around an IPv6 address are dropped. */
export function checkExtraHost(value: string): string {
  const separator = /[=:]/.exec(value)?.index ?? -1;
  const name = value.slice(0, Math.max(separator, 0));
  const address = value.slice(separator + 1).replace(/^\[(.*)\]$/, '$1');
  if (name === '' || address === '') throw new Error(`bad format for add-host: "${value}"`);
  if (address !== 'host-gateway' && isIP(address) === 0) throw new Error(`invalid IP address in add-host: "${address}"`);
  return `${name}:${address}`;
}

/** Lines `NAME=value`, `NAME` (from this process) and comments of an env file. Throws GantryError that names the file. */
export function readEnvFile(path: string): string[] {
  return linesOf(path).flatMap((line) => {
    if (line.includes('=')) return [line];
    const known = process.env[line];
    return known === undefined ? [] : [`${line}=${known}`];
  });
}

/** Lines `NAME=value`; a name alone says nothing. */
export function readLabelFile(path: string): string[] {
  return linesOf(path).filter((line) => line.includes('='));
}

function linesOf(path: string): string[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : (error as Error).message;
    throw new GantryError('invalid', `open ${path}: ${reason}`, { cause: error });
  }
  const bad = (what: string): GantryError => new GantryError('invalid', `invalid env file (${path}): ${what}`);
  const lines = splitLines(bytes).map((line, index) => {
    if (!isUtf8(line)) throw bad(`invalid utf8 bytes at line ${index + 1}: [${[...line].join(' ')}]`);
    return line.toString('utf8').replace(/^\ufeff/, '').trimStart();
  }).filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines) {
    const name = line.split('=', 1)[0] ?? '';
    if (name === '') throw bad(`no variable name on line '${line}'`);
    if (/[ \t]/.test(name)) throw bad(`variable '${name}' contains whitespaces`);
  }
  return lines;
}

function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(10, from);
    const line = bytes.subarray(from, end < 0 ? bytes.length : end);
    lines.push(line.at(-1) === 13 ? line.subarray(0, -1) : line);
    from += line.length + 1;
  }
  return lines;
}

/** `a=b` to a map; a later key wins; without `=` the value is empty. */
export function toMap(items: readonly string[]): Record<string, string> {
  return Object.fromEntries(items.map((item) => {
    const equals = item.indexOf('=');
    return equals < 0 ? [item, ''] : [item.slice(0, equals), item.slice(equals + 1)];
  }));
}
