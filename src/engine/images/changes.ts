import { GantryError } from '../../base/errors.ts';
import { parseDuration } from '../../base/parse-duration.ts';
import { leastHealthcheckNs, type ContainerConfig, type Healthcheck } from '../../oci/container.ts';
import { signalNumber } from '../containers/signals.ts';
import { expandWord, splitWords } from './expand-word.ts';

type Change = (config: ContainerConfig, argument: string) => ContainerConfig;

/** Applies `--change` lines (Dockerfile instructions that only touch the config) in order. @throws invalid on any other */
export function applyChanges(config: ContainerConfig, changes: readonly string[]): ContainerConfig {
  const lines = instructionsOf(changes);
  if (changes.length > 0 && lines.length === 0) throw new GantryError('invalid', 'file with no instructions');
  const saysCommand = (line: string): boolean => /^\s*CMD\b/i.test(line);
  return lines.reduce((current, line, index) => {
    const match = /^\s*(\S+)(?:\s+([\s\S]*?))?\s*$/.exec(line);
    const change = changesByName[match?.[1]?.toUpperCase() ?? ''];
    if (match === null || change === undefined) throw new GantryError('invalid', `${match?.[1] ?? line} is not a valid change command`);
    const name = (match[1] as string).toUpperCase();
    const argument = match[2] ?? '';
    if (argument === '') throw new GantryError('invalid', `${name} requires ${ofOneArgument.includes(name) ? 'exactly' : 'at least'} one argument`);
    const changed = change(current, argument);
    // The command was the old entry point's: a new one starts without, unless it was given here too.
    if (name !== 'ENTRYPOINT' || lines.slice(0, index).some(saysCommand) || !changed.entrypoint?.length) return changed;
    const { cmd: _cmd, ...rest } = changed;
    return rest;
  }, config);
}

/** As in a Dockerfile: a backslash at its end joins a line with the next one, and comments and empty lines say nothing. */
function instructionsOf(changes: readonly string[]): string[] {
  return changes.join('\n').split('\n').filter((line) => !/^\s*#/.test(line)).join('\n').replaceAll(/\\[ \t]*\n/g, '').split('\n').filter((line) => line.trim() !== '');
}

const ofOneArgument = ['USER', 'WORKDIR', 'STOPSIGNAL'];

const changesByName: Readonly<Record<string, Change>> = {
  CMD: (config, text) => withCommand(config, command(text)),
  ENTRYPOINT: (config, text) => ({ ...config, entrypoint: command(text) }),
  USER: (config, text) => ({ ...config, user: expandWord(text, envOf(config)) }),
  WORKDIR: (config, text) => ({ ...config, workingDir: absolute(config.workingDir || '/', expandWord(text, envOf(config))) }),
  STOPSIGNAL: (config, text) => ({ ...config, stopSignal: signal(expandWord(text, envOf(config))) }),
  ONBUILD: (config, text) => ({ ...config, onBuild: [...(config.onBuild ?? []), onBuild(text)] }),
  EXPOSE: (config, text) => ({ ...config, exposedPorts: { ...config.exposedPorts, ...keysOf(expanded(text.split(/\s+/), config).flatMap((word) => word.split(/\s+/)).filter(Boolean).flatMap(ports)) } }),
  VOLUME: (config, text) => ({ ...config, volumes: { ...config.volumes, ...keysOf(volumes(expanded(jsonList(text) ?? text.split(/\s+/), config))) } }),
  LABEL: (config, text) => ({ ...config, labels: { ...config.labels, ...Object.fromEntries(pairs('LABEL', text, config)) } }),
  ENV: (config, text) => ({ ...config, env: pairs('ENV', text, config).reduce(withVariable, envOf(config)) }),
  HEALTHCHECK: (config, text) => ({ ...config, healthcheck: healthcheck(text) }),
};

const envOf = (config: ContainerConfig): string[] => config.env ?? [];
const expanded = (words: readonly string[], config: ContainerConfig): string[] => words.map((word) => expandWord(word, envOf(config)));
const keysOf = (names: readonly string[]): Record<string, Record<string, never>> => Object.fromEntries(names.map((name) => [name, {}]));

/** An empty list takes nothing away: the command that was there stays. */
function withCommand(config: ContainerConfig, cmd: string[]): ContainerConfig {
  return cmd.length === 0 ? config : { ...config, cmd };
}

function volumes(paths: string[]): string[] {
  if (paths.length === 0) throw new GantryError('invalid', 'VOLUME requires at least one argument');
  if (paths.includes('')) throw new GantryError('invalid', 'VOLUME specified can not be an empty string');
  return paths;
}

/** @throws invalid for none that there is; a number may be another platform's */
function signal(text: string): string {
  if (!/^[1-9]\d*$/.test(text)) signalNumber(text);
  return text;
}

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

/** `key=value …`, or the old form `key value` for one. */
function pairs(name: string, text: string, config: ContainerConfig): [string, string][] {
  const [first = ''] = splitWords(text);
  const expand = (word: string): string => expandWord(word, envOf(config));
  if (!first.includes('=')) {
    const rest = text.slice(first.length).trim();
    if (rest === '') throw new GantryError('invalid', `${name} must have two arguments`);
    return [[expand(first), expand(rest)]];
  }
  return splitWords(text).map((word) => {
    const equals = word.indexOf('=');
    if (equals < 0) throw new GantryError('invalid', `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
    const key = expand(word.slice(0, equals));
    if (key === '') throw new GantryError('invalid', `${name} names can not be blank`);
    return [key, expand(word.slice(equals + 1))];
  });
}

/** In its old place when it was set before. */
function withVariable(env: string[], [name, value]: [string, string]): string[] {
  const line = `${name}=${value}`;
  return env.some((old) => old.startsWith(`${name}=`)) ? env.map((old) => (old.startsWith(`${name}=`) ? line : old)) : [...env, line];
}

function absolute(base: string, path: string): string {
  if (path === '') throw new GantryError('invalid', 'cannot normalize nothing');
  const parts: string[] = [];
  for (const part of `${path.startsWith('/') ? '' : `${base}/`}${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** `80`, `80/udp`, `8000-8010/tcp`. */
function ports(text: string): string[] {
  const [range = '', protocol = 'tcp'] = text.split('/', 2);
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) throw new GantryError('invalid', `Invalid proto: ${protocol}`);
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  const [low, high] = [Number(first), Number(last)];
  if (!(low >= 1 && high <= 65_535 && high >= low)) throw new GantryError('invalid', `Invalid containerPort: ${range}`);
  return Array.from({ length: high - low + 1 }, (_, index) => `${low + index}/${protocol.toLowerCase()}`);
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
    else throw new GantryError('invalid', `unknown flag: --${name}`);
    rest = rest.slice(whole.length);
  }
  const [kind = ''] = rest.split(/\s/, 1);
  const command = rest.slice(kind.length).trim();
  if (kind.toUpperCase() === 'NONE') {
    if (command !== '') throw new GantryError('invalid', 'HEALTHCHECK NONE takes no arguments');
    return { test: ['NONE'] };
  }
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
