import { join } from 'node:path';
import { GantryError } from '../../base/errors.ts';
import type { ContainerConfig, HostConfig } from '../../oci/container.ts';
import type { LogSettings } from '../../runtime/driver/runtime.ts';

const units: Record<string, number> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const known: Record<LogSettings['driver'], string[]> = {
  'json-file': ['max-size', 'max-file', 'compress', 'labels', 'env'],
  local: ['max-size', 'max-file', 'compress'],
  none: [],
};

type LogConfig = NonNullable<HostConfig['logConfig']>;

/** What was asked for over the daemon's defaults, whose options are for its own driver only. Clients send options without a driver when they mean the default one. */
export function withLogDefaults(asked: HostConfig['logConfig'], defaults: LogConfig): LogConfig {
  const type = asked?.type || defaults.type;
  return { type, config: { ...(type === defaults.type ? defaults.config : {}), ...asked?.config } };
}

/**
 * What the monitor is told about a container's log.
 * @param directory the container's own below the root
 * @throws invalid for a driver or an option that this engine does not have
 */
export function logSettingsOf(id: string, directory: string, config: ContainerConfig, logConfig: HostConfig['logConfig']): LogSettings {
  const driver = (logConfig?.type || 'json-file') as LogSettings['driver'];
  const options = logConfig?.config ?? {};
  const invalid = (message: string): GantryError => new GantryError('invalid', message);
  if (!Object.hasOwn(known, driver)) throw invalid(`logger: no log driver named '${driver}' is registered`);
  for (const key of Object.keys(options)) {
    if (!known[driver].includes(key)) throw invalid(`unknown log opt '${key}' for ${driver} log driver`);
  }
  const maxSize = bytesOf(options['max-size'] ?? (driver === 'local' ? '20m' : '-1'));
  const maxFiles = Number(options['max-file'] ?? (driver === 'local' ? 5 : 1));
  if (!Number.isInteger(maxFiles) || maxFiles < 1) throw invalid('max-file cannot be less than 1');
  if (maxFiles > 1 && maxSize === undefined) throw invalid('max-file cannot be used without max-size');
  const compressText = options['compress'] ?? (driver === 'local' ? 'true' : 'false');
  if (compressText !== 'true' && compressText !== 'false') throw invalid(`invalid value for compress: ${compressText}`);
  const compress = compressText === 'true' && maxFiles > 1;
  if (options['compress'] === 'true' && !compress) throw invalid('compress cannot be true when max-file is less than 2 or unset');
  return {
    driver, maxFiles, compress,
    path: driver === 'none' ? '' : join(directory, driver === 'local' ? 'container.log' : `${id}-json.log`),
    ...(maxSize === undefined ? {} : { maxSize }),
    ...attributesOf(config, options),
  };
}

function bytesOf(text: string): number | undefined {
  if (text === '-1') return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*([bkmg]?)(?:i?b)?$/i.exec(text);
  const bytes = match === null ? Number.NaN : Math.floor(Number(match[1]) * (units[(match[2] ?? '').toLowerCase()] ?? 1));
  if (!(bytes > 0)) throw new GantryError('invalid', `invalid size: '${text}'`);
  return bytes;
}

/** The labels and variables whose names the options list. */
function attributesOf(config: ContainerConfig, options: Record<string, string>): { attributes?: Record<string, string> } {
  const attributes: Record<string, string> = {};
  for (const label of list(options['labels'])) {
    const value = config.labels?.[label];
    if (value !== undefined) attributes[label] = value;
  }
  for (const name of list(options['env'])) {
    const line = config.env?.find((each) => each.startsWith(`${name}=`));
    if (line !== undefined) attributes[name] = line.slice(name.length + 1);
  }
  return Object.keys(attributes).length === 0 ? {} : { attributes };
}

function list(text: string | undefined): string[] {
  return (text ?? '').split(',').map((each) => each.trim()).filter((each) => each !== '');
}
