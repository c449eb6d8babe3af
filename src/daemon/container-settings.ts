import { readFileSync } from 'node:fs';
import { errnoOf, GantryError, messageOf } from '../base/errors.ts';
import { parseBytes } from '../base/parse-bytes.ts';
import type { Ulimit } from '../engine/containers/defaults.ts';
import { checkUlimit, parseUlimit, unlimited } from '../oci/ulimit.ts';
import { defaultShmBytes } from '../runtime/spec/mounts.ts';
import { seccompProfile as checkSeccompProfile } from '../runtime/spec/seccomp.ts';
import type { HostFacts } from '../runtime/spec/spec-input.ts';
import { mostOf } from '../runtime/spec/ulimits.ts';
import { isFlag, isRecord, isText, isTexts } from './value-kinds.ts';

/** The part of the daemon's settings that containers get where they say nothing themselves. Names are Docker's. */
export interface ContainerSettingsOfDaemon {
  ulimits: Ulimit[];
  shmBytes: number;
  ipcMode: 'private' | 'shareable';
  /** Undefined for what goes with the version of the host's control groups. */
  cgroupnsMode: 'private' | 'host' | undefined;
  noNewPrivileges: boolean;
  cgroupParent: string | undefined;
  /** `builtin`, `unconfined` or the path of a profile. */
  seccompProfile: string;
}

type Settings = Record<string, unknown>;

/** As options of `parseArgs`. */
export const containerFlags = {
  'default-ulimit': { type: 'string', multiple: true }, 'default-shm-size': { type: 'string' }, 'default-ipc-mode': { type: 'string' }, 'default-cgroupns-mode': { type: 'string' },
  'no-new-privileges': { type: 'boolean' }, 'cgroup-parent': { type: 'string' }, 'seccomp-profile': { type: 'string' }, 'exec-opt': { type: 'string', multiple: true },
} as const;

export const containerUsage = `  --default-ulimit NAME=SOFT[:HARD]
                              limit of processes in containers that do not name it; may be given again
  --default-shm-size BYTES    size of /dev/shm (64m)
  --default-ipc-mode MODE     private or shareable
  --default-cgroupns-mode MODE
                              host or private: host with version 1 of control groups, private with version 2
  --no-new-privileges         no program in a container gains privileges, unless the container says no-new-privileges=false
  --cgroup-parent PATH        where control groups of containers are made (/gantry-<id of the engine>)
  --seccomp-profile PATH      builtin, unconfined, or the file of a profile
  --exec-opt native.cgroupdriver=cgroupfs
                              the only driver of control groups there is here
`;

/** Keys of the configuration file, each with the check of its value. */
export const containerKeys: Record<string, (value: unknown) => boolean> = {
  'default-ulimits': (value) => isRecord(value) && Object.values(value).every(isUlimit), 'default-shm-size': isText, 'default-ipc-mode': isText, 'default-cgroupns-mode': isText,
  'no-new-privileges': isFlag, 'cgroup-parent': isText, 'seccomp-profile': isText, 'exec-opts': isTexts,
};

function isUlimit(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { name = '', soft = 0, hard = 0, ...others } = withSmallNames(value);
  return isText(name) && Number.isSafeInteger(soft) && Number.isSafeInteger(hard) && Object.keys(others).length === 0;
}

/** Go reads names of fields in any case: Docker's own are Name, Soft and Hard. */
function withSmallNames(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field]));
}

/** Flags under the names, and with the types, of the file's keys. @throws invalid */
export function foldContainerFlags(flags: Settings): Settings {
  const { 'default-ulimit': ulimits, 'exec-opt': options, ...rest } = flags;
  return {
    ...rest,
    ...(ulimits !== undefined && { 'default-ulimits': Object.fromEntries((ulimits as string[]).map(ulimitOfFlag)) }),
    ...(options !== undefined && { 'exec-opts': options }),
  };
}

function ulimitOfFlag(text: string): [name: string, ulimit: object] {
  try {
    const { name, soft, hard } = parseUlimit(text);
    return [name, { Name: name, Soft: soft, Hard: hard }];
  } catch (cause) {
    throw new GantryError('invalid', `invalid argument ${JSON.stringify(text)} for "--default-ulimit" flag: ${messageOf(cause)}`, { cause });
  }
}

/** @throws invalid, in Docker's words where it refuses the same */
export function containerSettingsOf(settings: Settings): ContainerSettingsOfDaemon {
  const text = (key: string): string => (settings[key] as string | undefined) ?? '';
  checkExecOptions((settings['exec-opts'] as string[] | undefined) ?? []);
  return {
    ulimits: Object.entries((settings['default-ulimits'] as Record<string, Record<string, unknown>> | undefined) ?? {}).map(([name, ulimit]) => checkedUlimit(name, withSmallNames(ulimit))),
    shmBytes: shmBytesOf(text('default-shm-size')),
    ipcMode: ipcModeOf(text('default-ipc-mode')),
    cgroupnsMode: cgroupnsModeOf(text('default-cgroupns-mode')),
    noNewPrivileges: settings['no-new-privileges'] === true,
    cgroupParent: text('cgroup-parent') || undefined,
    seccompProfile: text('seccomp-profile') || 'builtin',
  };
}

/** Docker finds out at each start of a container; the engine's start is when the person looks. */
function checkedUlimit(name: string, { name: own = name, soft = 0, hard = 0 }: Partial<Ulimit>): Ulimit {
  if (own !== name) throw new GantryError('invalid', `default-ulimits: ${name} is named ${own} within`);
  try {
    return checkUlimit({ name, soft, hard });
  } catch (cause) {
    throw new GantryError('invalid', `default-ulimits: ${messageOf(cause)}`, { cause });
  }
}

/** 0 is Docker's way to say the default. */
function shmBytesOf(text: string): number {
  if (text === '') return defaultShmBytes;
  try {
    return parseBytes(text) || defaultShmBytes;
  } catch (cause) {
    throw new GantryError('invalid', `default-shm-size: ${messageOf(cause)}`, { cause });
  }
}

function ipcModeOf(text: string): 'private' | 'shareable' {
  if (text === '' || text === 'private') return 'private';
  if (text === 'shareable') return text;
  const isMode = text === 'host' || text === 'none' || /^container:.+$/.test(text);
  throw new GantryError('invalid', isMode ? `IPC mode "${text}" is not supported as default value; use "shareable" or "private"` : `default IPC mode setting (${text}) is invalid; use "shareable" or "private"`);
}

function cgroupnsModeOf(text: string): 'private' | 'host' | undefined {
  if (text === '') return undefined;
  if (text !== 'private' && text !== 'host') throw new GantryError('invalid', `invalid default cgroup namespace (${text}): use "host" or "private"`);
  return text;
}

/** Of several Docker takes the last. */
function checkExecOptions(options: string[]): void {
  let driver = 'cgroupfs';
  for (const option of options) {
    const at = option.indexOf('=');
    if (at === -1) throw new GantryError('invalid', `invalid exec-opt (${option}): must be formatted 'opt=value'`);
    const name = option.slice(0, at).trim().toLowerCase();
    if (name !== 'native.cgroupdriver') throw new GantryError('invalid', `invalid exec-opt (${option}): unknown option: '${name}'`);
    driver = option.slice(at + 1);
  }
  if (driver === 'systemd') {
    throw new GantryError('invalid', 'native.cgroupdriver option systemd is not supported by this engine', { hint: 'It makes control groups itself, beside those of systemd: native.cgroupdriver=cgroupfs.' });
  }
  if (driver !== 'cgroupfs') throw new GantryError('invalid', `native.cgroupdriver option ${driver} not supported`);
}

/** Limits that a host cannot give would end every start: what is set for all containers is brought down to them. */
export function possibleUlimits(ulimits: readonly Ulimit[], facts: Pick<HostFacts, 'hardLimits' | 'capabilities'>): Ulimit[] {
  return ulimits.map((ulimit) => {
    const { name = '', soft = 0, hard = 0 } = ulimit;
    const most = mostOf(name, facts);
    const atMost = (limit: number): number => (limit === unlimited || limit > most ? most : limit);
    return most === Infinity ? ulimit : { name, soft: atMost(soft), hard: atMost(hard) };
  });
}

/** What `--security-opt seccomp=` would be: undefined for the built-in profile, or the text of the file's. @throws invalid */
export function readSeccompProfile({ seccompProfile: profile }: Pick<ContainerSettingsOfDaemon, 'seccompProfile'>, facts: HostFacts): string | undefined {
  if (profile === 'builtin') return undefined;
  if (profile === 'unconfined') return profile;
  const text = textOf(profile);
  // Docker starts with what is no profile, and then no container.
  checkSeccompProfile(text, [], facts);
  return text;
}

function textOf(profile: string): string {
  try {
    return readFileSync(profile, 'utf8');
  } catch (cause) {
    const code = errnoOf(cause);
    const why = code === 'ENOENT' ? 'no such file or directory' : code === 'EISDIR' ? 'is a directory' : code === 'EACCES' ? 'permission denied' : messageOf(cause);
    throw new GantryError('invalid', `opening seccomp profile (${profile}) failed: open ${profile}: ${why}`, { cause });
  }
}
