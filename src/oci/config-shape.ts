import { GantryError } from '../base/errors.ts';

/** Whether a field that is there (and not null, which is "not said") has the form of the specification. */
type Shape = (value: unknown) => boolean;

const text: Shape = (value) => typeof value === 'string';
const flag: Shape = (value) => typeof value === 'boolean';
const list: Shape = (value) => Array.isArray(value) && value.every(text);
const record: Shape = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const labels: Shape = (value) => record(value) && Object.values(value as object).every(text);
const count: Shape = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
/** Nanoseconds in Go's 64 bits; less than a millisecond cannot be waited. */
const duration: Shape = (value) => Number.isInteger(value) && (value === 0 || ((value as number) >= 1_000_000 && (value as number) < 2 ** 63));
/** Of old images both forms are known: a command line, and its words. */
const command: Shape = (value) => text(value) || list(value);

const top: Readonly<Record<string, Shape>> = { architecture: text, os: text, variant: text, author: text, created: text, config: record, history: Array.isArray };
const history: Readonly<Record<string, Shape>> = { created: text, created_by: text, author: text, comment: text, empty_layer: flag };
const healthcheck: Readonly<Record<string, Shape>> = { Test: list, Interval: duration, Timeout: duration, StartPeriod: duration, StartInterval: duration, Retries: count };
const config: Readonly<Record<string, Shape>> = {
  Hostname: text, Domainname: text, User: text, AttachStdin: flag, AttachStdout: flag, AttachStderr: flag, ExposedPorts: record, Tty: flag, OpenStdin: flag,
  StdinOnce: flag, Env: list, Cmd: command, ArgsEscaped: flag, Image: text, Volumes: record, WorkingDir: text, Entrypoint: command, NetworkDisabled: flag,
  MacAddress: text, OnBuild: list, Labels: labels, StopSignal: text, StopTimeout: Number.isSafeInteger, Shell: list, Healthcheck: record,
};

/** Refuses a config whose fields are of another kind than the specification says, before anything stumbles over them. @throws invalid, naming the field */
export function checkConfigShape(raw: Record<string, unknown>, where: string): void {
  check(raw, top, { where, path: '' });
  const own = (raw['config'] ?? {}) as Record<string, unknown>;
  check(own, config, { where, path: 'config.' });
  check((own['Healthcheck'] ?? {}) as Record<string, unknown>, healthcheck, { where, path: 'config.Healthcheck.' });
  for (const [index, step] of ((raw['history'] ?? []) as unknown[]).entries()) {
    if (!record(step)) throw invalid(where, `history[${index}]`);
    check(step as Record<string, unknown>, history, { where, path: `history[${index}].` });
  }
}

function check(value: Record<string, unknown>, shapes: Readonly<Record<string, Shape>>, { where, path }: { where: string; path: string }): void {
  for (const [key, fits] of Object.entries(shapes)) {
    const field = value[key];
    if (field !== undefined && field !== null && !fits(field)) throw invalid(where, `${path}${key}`);
  }
}

function invalid(where: string, field: string): GantryError {
  return new GantryError('invalid', `${where}: the value of ${field} is not possible`);
}
