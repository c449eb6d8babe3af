import { join } from 'node:path';
import { GantryError } from '../../base/errors.ts';
import { parseBytes } from '../../base/parse-bytes.ts';
import { booleanComplaint, parseBoolean } from '../../base/parse-boolean.ts';
import type { HostConfig } from '../../oci/container.ts';
import type { LogSettings } from '../../runtime/driver/runtime.ts';
import { logAttributesOf, type LoggedContainer } from './log-attributes.ts';
import { trying } from './tried.ts';

const rotation = ['max-size', 'max-file', 'compress'];
const known: Record<LogSettings['driver'], string[]> = {
  'json-file': [...rotation, 'labels', 'labels-regex', 'env', 'env-regex', 'tag'],
  local: rotation,
  none: [],
};
/** Of every driver. The cache is for drivers that cannot be read again: it has nothing to do for a log that is a file. */
const delivery = ['mode', 'max-buffer-size', 'cache-disabled', 'cache-max-size', 'cache-max-file', 'cache-compress'];

/** Docker has them, this engine does not. */
const foreignDrivers = ['awslogs', 'etwlogs', 'fluentd', 'gcplogs', 'gelf', 'journald', 'splunk', 'syslog'];

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
export function logSettingsOf(container: LoggedContainer, directory: string, logConfig: HostConfig['logConfig']): LogSettings {
  const driver = driverOf(logConfig);
  if (driver === 'none') return { driver, maxFiles: 1, compress: false, path: '' };
  const options = logConfig?.config ?? {};
  checkOptions(driver, options);
  const attributes = logAttributesOf(container, options);
  return {
    driver, ...rotationOf(driver, options),
    path: join(directory, driver === 'local' ? 'container.log' : `${container.id}-json.log`),
    ...(Object.keys(attributes).length > 0 && { attributes }),
  };
}

/** @throws invalid for defaults that no container could be made with */
export function checkLogDefaults(defaults: LogConfig): void {
  logSettingsOf({ id: '', name: '', image: { id: '', reference: '' }, path: '', args: [], config: {} }, '', defaults);
}

function driverOf(logConfig: HostConfig['logConfig']): LogSettings['driver'] {
  const name = logConfig?.type || 'json-file';
  if (Object.hasOwn(known, name)) return name as LogSettings['driver'];
  throw invalid(foreignDrivers.includes(name) ? `logger: no log driver named '${name}' is registered` : `error looking up logging plugin ${name}: plugin "${name}" not found`);
}

/**
 * Both modes deliver alike: a log is a file of this host, which waits for nobody, and what it cannot take is lost, never the container's time. So the
 * buffer that lies between a container and a slow driver has nothing to hold.
 */
function checkOptions(driver: 'json-file' | 'local', options: Record<string, string>): void {
  const unknown = Object.keys(options).find((key) => !known[driver].includes(key) && !delivery.includes(key));
  if (unknown !== undefined) throw invalid(driver === 'local' ? `unknown log opt '${unknown}' for log driver local` : `unknown log opt '${unknown}' for json-file log driver`);
  const { mode = '', 'max-buffer-size': buffer, 'cache-disabled': uncached } = options;
  if (uncached !== undefined && parseBoolean(uncached) === undefined) throw invalid(`invalid value for option cache-disabled: ${uncached}`);
  if (!['', 'blocking', 'non-blocking'].includes(mode)) throw invalid(`logger: logging mode not supported: ${mode}`);
  if (buffer === undefined) return;
  if (mode !== 'non-blocking') throw invalid("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  trying('error parsing option max-buffer-size', () => parseBytes(buffer, 1000));
}

const unlessSaid = { local: 20 * 1024 * 1024, 'json-file': undefined } as const;

function rotationOf(driver: 'json-file' | 'local', options: Record<string, string>): Pick<LogSettings, 'maxSize' | 'maxFiles' | 'compress'> {
  const size = options['max-size'];
  const maxSize = size === undefined ? unlessSaid[driver] : bytesOf(size);
  const maxFiles = Number(options['max-file'] ?? (driver === 'local' ? 5 : 1));
  if (!Number.isInteger(maxFiles) || maxFiles < 1) throw invalid('max-file cannot be less than 1');
  const asked = options['compress'] === undefined ? undefined : parseBoolean(options['compress']);
  if (options['compress'] !== undefined && asked === undefined) throw invalid(booleanComplaint(options['compress']));
  const compress = (asked ?? driver === 'local') && maxFiles > 1 && maxSize !== undefined;
  if (asked === true && !compress) throw invalid('compress cannot be true when max-file is less than 2 or max-size is not set');
  return { maxFiles, compress, ...(maxSize !== undefined && { maxSize }) };
}

/** Docker counts the size of a log in thousands. */
function bytesOf(text: string): number {
  const bytes = parseBytes(text, 1000);
  if (bytes === 0) throw invalid('max-size must be a positive number');
  return bytes;
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
