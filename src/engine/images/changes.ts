import { GantryError } from '../../base/errors.ts';
import { parseDuration } from '../../base/parse-duration.ts';
import { leastHealthcheckNs, type ContainerConfig, type Healthcheck } from '../../oci/container.ts';

type Change = (config: ContainerConfig, argument: string) => ContainerConfig;

/** Applies `--change` lines (Dockerfile instructions that only touch the config) in order. @throws invalid on any other */
export function applyChanges(config: ContainerConfig, changes: readonly string[]): ContainerConfig {
  return changes.reduce((current, line) => {
    const match = /^\s*(\S+)(?:\s+([\s\S]*?))?\s*$/.exec(line);
    const change = changesByName[match?.[1]?.toUpperCase() ?? ''];
    if (match === null || change === undefined) throw new GantryError('invalid', `${match?.[1] ?? line} is not a valid change command`);
    const argument = match[2] ?? '';
    if (argument === '') throw new GantryError('invalid', `${(match[1] as string).toUpperCase()} requires at least one argument`);
    return change(current, argument);
  }, config);
}

const changesByName: Readonly<Record<string, Change>> = {
  CMD: (config, text) => ({ ...config, cmd: command(text) }),
  ENTRYPOINT: (config, text) => ({ ...config, entrypoint: command(text) }),
  USER: (config, text) => ({ ...config, user: oneWord('USER', text) }),
  WORKDIR: (config, text) => ({ ...config, workingDir: absolute(config.workingDir ?? '/', words(text).join(' ')) }),
  STOPSIGNAL: (config, text) => ({ ...config, stopSignal: oneWord('STOPSIGNAL', text) }),
  ONBUILD: (config, text) => ({ ...config, onBuild: [...(config.onBuild ?? []), onBuild(text)] }),
  EXPOSE: (config, text) => ({ ...config, exposedPorts: { ...config.exposedPorts, ...Object.fromEntries(words(text).flatMap(ports).map((port) => [port, {}])) } }),
  VOLUME: (config, text) => ({ ...config, volumes: { ...config.volumes, ...Object.fromEntries((jsonList(text) ?? words(text)).map((path) => [path, {}])) } }),
  LABEL: (config, text) => ({ ...config, labels: { ...config.labels, ...Object.fromEntries(pairs('LABEL', text)) } }),
  ENV: (config, text) => ({ ...config, env: pairs('ENV', text).reduce(withVariable, config.env ?? []) }),
  HEALTHCHECK: (config, text) => ({ ...config, healthcheck: healthcheck(text) }),
};

/** A list of words runs as it is; anything else is a line for the shell. */
function command(text: string): string[] {
  return jsonList(text) ?? ['/bin/sh', '-c', text];
}

function jsonList(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}

/** Splits at blanks outside quotes; takes quotes and backslashes away, as the Dockerfile does. @throws invalid on an open quote */
function words(text: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const letter = text[index] as string;
    if (letter === '\\' && quote !== "'" && index + 1 < text.length) word = (word ?? '') + (text[++index] as string);
    else if (quote !== '') {
      if (letter === quote) quote = '';
      else word = (word ?? '') + letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (/\s/.test(letter)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else word = (word ?? '') + letter;
  }
  if (quote !== '') throw new GantryError('invalid', `unexpected end of statement while looking for matching ${quote === '"' ? 'double' : 'single'}-quote`);
  return word === undefined ? found : [...found, word];
}

/** `key=value …`, or the old form `key value` for one. */
function pairs(name: string, text: string): [string, string][] {
  const [first = ''] = text.split(/\s/, 1);
  if (!first.includes('=')) {
    const rest = text.slice(first.length).trim();
    if (rest === '') throw new GantryError('invalid', `${name} must have two arguments`);
    return [[first, rest]];
  }
  return words(text).map((word) => {
    const equals = word.indexOf('=');
    if (equals < 0) throw new GantryError('invalid', `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
    if (equals === 0) throw new GantryError('invalid', `${name} names can not be blank`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

/** In its old place when it was set before. */
function withVariable(env: string[], [name, value]: [string, string]): string[] {
  const line = `${name}=${value}`;
  return env.some((old) => old.startsWith(`${name}=`)) ? env.map((old) => (old.startsWith(`${name}=`) ? line : old)) : [...env, line];
}

function oneWord(name: string, text: string): string {
  const found = words(text);
  if (found.length !== 1) throw new GantryError('invalid', `${name} requires exactly one argument`);
  return found[0] as string;
}

function absolute(base: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${path.startsWith('/') ? '' : `${base}/`}${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** `80`, `80/udp`, `8000-8010/tcp`. */
function ports(text: string): string[] {
  const match = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(text);
  const [low, high] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (match === null || low < 1 || high > 65_535 || high < low) throw new GantryError('invalid', `invalid containerPort: ${text}`);
  return Array.from({ length: high - low + 1 }, (_, index) => `${low + index}/${(match[3] ?? 'tcp').toLowerCase()}`);
}

function onBuild(text: string): string {
  const name = (/^\S+/.exec(text)?.[0] ?? '').toUpperCase();
  if (name === 'ONBUILD') throw new GantryError('invalid', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (name === 'FROM' || name === 'MAINTAINER') throw new GantryError('invalid', `${name} isn't allowed as an ONBUILD trigger`);
  return text;
}

const durations: Readonly<Record<string, keyof Healthcheck>> = { interval: 'interval', timeout: 'timeout', 'start-period': 'startPeriod', 'start-interval': 'startInterval' };

function healthcheck(text: string): Healthcheck {
  const check: Healthcheck = {};
  let rest = text;
  for (let flag = /^--([a-z-]+)=(\S+)\s*/.exec(rest); flag !== null; flag = /^--([a-z-]+)=(\S+)\s*/.exec(rest)) {
    const [whole, name = '', value = ''] = flag;
    const field = durations[name];
    if (field !== undefined) Object.assign(check, { [field]: nanoseconds(name, value) });
    else if (name === 'retries' && /^\d+$/.test(value)) check.retries = Number(value);
    else throw new GantryError('invalid', `unknown flag: ${name}`);
    rest = rest.slice(whole.length);
  }
  const [kind = ''] = rest.split(/\s/, 1);
  if (kind.toUpperCase() === 'NONE') return { test: ['NONE'] };
  const command = rest.slice(kind.length).trim();
  if (kind.toUpperCase() !== 'CMD') throw new GantryError('invalid', `Unknown type ${JSON.stringify(kind)} in HEALTHCHECK (try CMD)`);
  if (command === '') throw new GantryError('invalid', 'Missing command after HEALTHCHECK CMD');
  const list = jsonList(command);
  return { ...check, test: list === undefined ? ['CMD-SHELL', command] : ['CMD', ...list] };
}

/** @throws invalid in Docker's words, also for less than it takes to look */
function nanoseconds(flag: string, text: string): number {
  const found = parseDuration(text);
  if (found !== 0 && found < leastHealthcheckNs) throw new GantryError('invalid', `Interval ${JSON.stringify(flag)} cannot be less than 1ms`);
  return found;
}
