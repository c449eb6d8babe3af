import { existsSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { GantryError, isGantryError, messageOf } from '../base/errors.ts';
import type { LogLevel } from '../base/log.ts';
import { readConfigFile, refuseDoubles, withOneName, type Settings } from './config-file.ts';
import { parseAddress, type Address } from './addresses.ts';
import { runtimeOfFlag, runtimesOf } from './runtime-settings.ts';
import { embeddedRegistryOf, type EmbeddedRegistrySettings } from './registry/embedded-settings.ts';
import type { OciRuntime } from '../engine/containers/deps.ts';
import type { NetworkSettings } from '../engine/networks/settings.ts';
import { takeBooleanFlags } from './boolean-flags.ts';
import { containerFlags, containerSettingsOf, containerUsage, foldContainerFlags, type ContainerSettingsOfDaemon } from './container-settings.ts';
import { fixedFlags, fixedUsage, refuseOtherThanFixed } from './fixed-settings.ts';
import { foldNetworkFlags, networkFlags, networkSettingsOf, networkUsage } from './network-settings.ts';
import { foldRegistryFlags, registryConfigOf, registryFlags, registryUsage, type RegistryConfig } from './registry-settings.ts';

export interface DaemonConfig {
  /** Everything that lasts. */
  root: string;
  /** Everything that a reboot may take away. */
  run: string;
  hosts: string[];
  addresses: Address[];
  logLevel: LogLevel;
  logFormat: 'text' | 'json';
  /** Group that may use the unix sockets. */
  group: string;
  tls: TlsConfig | undefined;
  /** Holds the daemon's process id while it runs. */
  pidFile: string | undefined;
  /** The settings are to be judged, and nothing more. */
  validate: boolean;
  defaultRuntime: string | undefined;
  /** Further OCI runtimes by name; a path may be a name to be looked for. */
  runtimes: Record<string, OciRuntime>;
  logDriver: string;
  logOptions: Record<string, string>;
  init: boolean;
  initPath: string | undefined;
  stopTimeoutSeconds: number;
  /** What requests under way get at the engine's end; Infinity for as long as they take. */
  shutdownTimeoutSeconds: number;
  labels: string[];
  snapshotter: 'directories' | 'erofs' | undefined;
  registry: RegistryConfig;
  network: NetworkSettings;
  containers: ContainerSettingsOfDaemon;
  /** The registry within the daemon; undefined for none. */
  embeddedRegistry: EmbeddedRegistrySettings | undefined;
}

export interface TlsConfig { verify: boolean; ca: string | undefined; cert: string; key: string }

const defaultRoot = '/var/lib/gantry';
const defaultRun = '/run/gantry';
const defaultConfigFile = '/etc/gantry/daemon.json';

const options = {
  root: { type: 'string' }, 'data-root': { type: 'string' }, run: { type: 'string' }, 'exec-root': { type: 'string' },
  host: { type: 'string', short: 'H', multiple: true }, 'config-file': { type: 'string' },
  'log-level': { type: 'string', short: 'l' }, 'log-format': { type: 'string' }, debug: { type: 'boolean', short: 'D' },
  group: { type: 'string', short: 'G' },
  tls: { type: 'boolean' }, tlsverify: { type: 'boolean' }, tlscacert: { type: 'string' }, tlscert: { type: 'string' }, tlskey: { type: 'string' },
  'allow-tcp-without-tls': { type: 'boolean' },
  'default-runtime': { type: 'string' }, 'add-runtime': { type: 'string', multiple: true },
  'log-driver': { type: 'string' }, 'log-opt': { type: 'string', multiple: true },
  init: { type: 'boolean' }, 'init-path': { type: 'string' }, 'default-stop-timeout': { type: 'string' }, 'shutdown-timeout': { type: 'string' }, label: { type: 'string', multiple: true },
  pidfile: { type: 'string', short: 'p' }, validate: { type: 'boolean' }, version: { type: 'boolean', short: 'v' },
  snapshotter: { type: 'string' }, registry: { type: 'string' }, ...registryFlags, ...networkFlags, ...containerFlags, ...fixedFlags,
  help: { type: 'boolean', short: 'h' },
} as const;

export const usage = `Usage: gantry daemon [OPTIONS]

Runs the engine in the foreground.

  --root PATH                 everything that lasts (${defaultRoot})
  --run PATH                  sockets, bundles, namespaces (${defaultRun})
  -H, --host URL              where to listen: unix:///path or tcp://address:port; may be given again
  --config-file PATH          ${defaultConfigFile}
  --validate                  only say whether the settings are right
  -p, --pidfile PATH          holds the process id while the daemon runs
  -v, --version
  -l, --log-level LEVEL       debug, info, warn or error
  --log-format FORMAT         text or json
  -D, --debug                 the same as --log-level debug
  -G, --group NAME            group that may use the unix sockets (docker, where it exists)
  --tls, --tlsverify, --tlscacert PATH, --tlscert PATH, --tlskey PATH
  --allow-tcp-without-tls     whoever reaches the port is root on this host
  --default-runtime NAME      OCI runtime: crun, runc or one that --add-runtime names
  --add-runtime NAME=PATH
  --log-driver NAME, --log-opt KEY=VALUE
  --init, --init-path PATH    an init in every container
  --default-stop-timeout N    seconds
  --shutdown-timeout N        seconds that requests under way get when the engine ends (2); below 0 as long as they take
  --label KEY=VALUE           of the engine, shown by info
  --snapshotter KIND          directories or erofs
  --registry ADDRESS          serve a registry on the engine's own content; its other settings are in the file, under registry
${containerUsage}${registryUsage}${networkUsage}${fixedUsage}`;

/** Flags and the file over defaults. @throws invalid for an unknown flag, an unknown key, or one that is set in both places. */
export function readConfig(argv: string[]): DaemonConfig | 'help' | 'version' {
  const flags = readFlags(argv);
  if (flags['help'] === true) return 'help';
  if (flags['version'] === true) return 'version';
  const path = (flags['config-file'] as string | undefined) ?? defaultConfigFile;
  const file = flags['config-file'] === undefined && !existsSync(path) ? {} : readConfigFile(path);
  // As Docker does: runtimes may come from both.
  const { runtimes, ...others } = flags;
  refuseDoubles(path, others, file);
  const all: Settings = { ...file, ...flags, ...(runtimes !== undefined && { runtimes: { ...file['runtimes'] as Settings | undefined, ...runtimes as Settings } }) };
  refuseOtherThanFixed(all);
  return configOf(all);
}

function readFlags(argv: string[]): Settings {
  try {
    const { said, others } = takeBooleanFlags(argv, options);
    const { values } = parseArgs({ args: others, options, allowPositionals: false });
    const flags: Settings = { ...values, ...said };
    if (values['log-opt'] !== undefined) flags['log-opts'] = pairs('--log-opt', values['log-opt']);
    if (values['add-runtime'] !== undefined) flags['runtimes'] = Object.fromEntries(values['add-runtime'].map(runtimeOfFlag));
    if (values.host !== undefined) flags['hosts'] = values.host;
    if (values.label !== undefined) flags['labels'] = values.label;
    for (const flag of ['log-opt', 'add-runtime', 'host', 'label']) delete flags[flag];
    return foldContainerFlags(foldNetworkFlags(foldRegistryFlags(withOneName(flags, 'flags'))));
  } catch (cause) {
    if (isGantryError(cause)) throw cause;
    throw new GantryError('invalid', messageOf(cause), { cause, hint: 'See gantry daemon --help.' });
  }
}

function pairs(flag: string, texts: string[]): Record<string, string> {
  return Object.fromEntries(texts.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new GantryError('invalid', `${flag} ${text}: expected NAME=VALUE`);
    return [text.slice(0, at), text.slice(at + 1)];
  }));
}

function configOf(settings: Settings): DaemonConfig {
  const text = (key: string): string | undefined => settings[key] as string | undefined;
  const run = directory('run', text('run') || defaultRun);
  const hosts = hostsOf(settings['hosts'] as string[] | undefined, `unix://${run}/gantry.sock`);
  const tls = tlsOf(settings);
  const level = settings['debug'] === true ? 'debug' : text('log-level') || 'info';
  return {
    root: directory('root', text('root') || defaultRoot),
    run,
    hosts,
    addresses: addressesOf(hosts, tls !== undefined || settings['allow-tcp-without-tls'] === true),
    pidFile: text('pidfile') || undefined,
    validate: settings['validate'] === true,
    logLevel: logLevelOf(level),
    logFormat: logFormatOf(text('log-format') || 'text'),
    group: text('group') ?? 'docker',
    tls,
    defaultRuntime: text('default-runtime') || undefined,
    runtimes: runtimesOf(settings['runtimes'] as Settings | undefined),
    logDriver: text('log-driver') || 'json-file',
    logOptions: stringRecord('log-opts', settings['log-opts'] as Settings | undefined),
    init: settings['init'] === true,
    initPath: text('init-path') || undefined,
    stopTimeoutSeconds: stopTimeout(settings['default-stop-timeout']),
    shutdownTimeoutSeconds: shutdownTimeout(settings['shutdown-timeout']),
    labels: labelsOf((settings['labels'] as string[] | undefined) ?? []),
    snapshotter: text('snapshotter') === undefined ? undefined : oneOf<'directories' | 'erofs'>('snapshotter', text('snapshotter') as string, ['directories', 'erofs']),
    registry: registryConfigOf(settings, process.env),
    network: networkSettingsOf(settings),
    containers: containerSettingsOf(settings),
    embeddedRegistry: embeddedRegistryOf(settings['registry'], process.env['GANTRY_PROXY_PASSWORD']),
  };
}

/** As Docker's, nowhere and an empty address are the default one. */
function hostsOf(asked: readonly string[] = [], otherwise: string): string[] {
  return asked.length === 0 ? [otherwise] : asked.map((host) => host || otherwise);
}

/** Serving the API on tcp without TLS gives root to whoever reaches it: only by name. */
function addressesOf(hosts: string[], isTcpSafe: boolean): Address[] {
  return hosts.map((host) => {
    const address = parseAddress(host);
    if (address.kind === 'unix' || isTcpSafe) return address;
    throw new GantryError('invalid', `refusing to serve the API on tcp://${address.host}:${address.port} without TLS: whoever reaches it is root on this host`, {
      hint: 'Give --tlsverify with --tlscacert, --tlscert and --tlskey, or say --allow-tcp-without-tls.',
    });
  });
}

/** One value a name, in the order given; the same label twice is one. @throws invalid in Docker's words */
function labelsOf(labels: string[]): string[] {
  const byName = new Map<string, string>();
  for (const label of labels) {
    const at = label.indexOf('=');
    if (at < 1) throw new GantryError('invalid', `bad attribute format: ${label}`);
    const name = label.slice(0, at);
    const other = byName.get(name);
    if (other !== undefined && other !== label) throw new GantryError('invalid', `conflict labels for ${label} and ${other}`);
    byName.set(name, label);
  }
  return [...byName.values()];
}

function logFormatOf(format: string): 'text' | 'json' {
  if (format !== 'text' && format !== 'json') throw new GantryError('invalid', `invalid log format: ${format}`, { hint: 'It is text or json.' });
  return format;
}

function logLevelOf(level: string): LogLevel {
  const levels: readonly string[] = ['debug', 'info', 'warn', 'error'] satisfies LogLevel[];
  if (!levels.includes(level)) throw new GantryError('invalid', `invalid logging level: ${level}`, { hint: `It is one of ${levels.join(', ')}.` });
  return level as LogLevel;
}

function oneOf<T extends string>(key: string, value: string, allowed: readonly T[]): T {
  if (!(allowed as readonly string[]).includes(value)) throw new GantryError('invalid', `${key} must be one of ${allowed.join(', ')}, and not ${value}`);
  return value as T;
}

function directory(key: string, path: string): string {
  if (!isAbsolute(path)) throw new GantryError('invalid', `${key} must be an absolute path, and not ${path}`);
  const clean = resolve(path);
  if (clean === '/') throw new GantryError('invalid', `${key} cannot be /`);
  return clean;
}

function stopTimeout(value: unknown): number {
  const seconds = value === undefined ? 10 : Number(value);
  if (!Number.isInteger(seconds) || seconds < -1) throw new GantryError('invalid', `default-stop-timeout must be a number of seconds, and not ${String(value)}`);
  return seconds;
}

function shutdownTimeout(value: unknown): number {
  const seconds = value === undefined ? 2 : Number(value);
  if (!Number.isInteger(seconds)) throw new GantryError('invalid', `shutdown-timeout must be a number of seconds, and not ${String(value)}`);
  return seconds < 0 ? Infinity : seconds;
}

function tlsOf(settings: Settings): TlsConfig | undefined {
  if (settings['tls'] !== true && settings['tlsverify'] !== true) return undefined;
  const path = (key: string): string => {
    const value = settings[key];
    if (typeof value !== 'string') throw new GantryError('invalid', `TLS needs --${key}`);
    return value;
  };
  const verify = settings['tlsverify'] === true;
  return { verify, cert: path('tlscert'), key: path('tlskey'), ca: verify ? path('tlscacert') : settings['tlscacert'] as string | undefined };
}

function stringRecord(key: string, value: Settings | undefined): Record<string, string> {
  for (const [name, text] of Object.entries(value ?? {})) {
    if (typeof text !== 'string') throw new GantryError('invalid', `${key}: ${name} must be text`);
  }
  return (value ?? {}) as Record<string, string>;
}

/** Eight digits that set the kernel's objects of one root apart from another's: bridges, tables, cgroups carry them. */
export function instanceIdOf(root: string): string {
  return createHash('sha256').update(root).digest('hex').slice(0, 8);
}
