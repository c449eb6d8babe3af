import { parseUlimit } from '../../../oci/ulimit.ts';
import { bool, custom, list, text, type Flag } from '../../grammar/flag.ts';
import { duration } from '../../grammar/duration.ts';
import { bytes, decimalCpus, int, uint } from '../../grammar/numbers.ts';
import { parseBlkioWeight, parseRule, parseThrottleBps, parseThrottleIops } from './devices.ts';
import { checkEnv, checkLabel, checkLink, checkExtraHost } from './lists.ts';
import { parseGpus } from './gpus.ts';
import { parseMount } from './mount.ts';
import { parseNetwork } from './networks.ts';

/** One more element on each occurrence. */
function collected<T>(summary: string, type: string, parse: (value: string) => T): Flag<readonly T[]> {
  return custom<readonly T[]>(summary, { type, initial: [], parse: (value, before) => [...before, parse(value)] });
}

function keyed(summary: string, check: (value: string) => void = () => undefined): Flag<Readonly<Record<string, string>>> {
  return custom<Readonly<Record<string, string>>>(summary, {
    type: 'map', shown: 'map[]', initial: {},
    parse: (value, before) => {
      check(value);
      const equals = value.indexOf('=');
      return equals < 0 ? { ...before, [value]: '' } : { ...before, [value.slice(0, equals)]: value.slice(equals + 1) };
    },
  });
}

/** What only Windows containers have: taken by the grammar, refused by name when used. */
function windowsOnly(name: string, type: string): Flag<string> {
  return custom(`${name} (Windows only; refused here)`, {
    type, initial: '', parse: () => { throw new Error('this setting is for Windows containers, which do not run on Linux'); },
  });
}

/** Flags of `run` and `create`; https://docs.docker.com/reference/cli/docker/container/run/ */
export const createFlags = {
  'add-host': list('Add a custom host-to-IP mapping (host:ip)', { check: checkExtraHost }),
  annotation: keyed('Add an annotation to the container (passed through to the OCI runtime)'),
  attach: list('Attach to STDIN, STDOUT or STDERR', { short: 'a', check: checkStream }),
  'blkio-weight': uint('Block IO (relative weight), between 10 and 1000, or 0 to disable', { bits: 16, shown: '0' }),
  'blkio-weight-device': collected('Block IO weight (relative device weight)', 'list', parseBlkioWeight),
  'cap-add': list('Add Linux capabilities'),
  'cap-drop': list('Drop Linux capabilities'),
  'cgroup-parent': text('Optional parent cgroup for the container'),
  cgroupns: text("Cgroup namespace to use (host|private); without a value the daemon's default", { choices: ['host', 'private'] }),
  cidfile: text('Write the container ID to the file'),
  'cpu-count': windowsOnly('CPU count', 'int'),
  'cpu-percent': windowsOnly('CPU percent', 'int'),
  'cpu-period': int('Limit CPU CFS (Completely Fair Scheduler) period'),
  'cpu-quota': int('Limit CPU CFS (Completely Fair Scheduler) quota'),
  'cpu-rt-period': int('Limit CPU real-time period in microseconds'),
  'cpu-rt-runtime': int('Limit CPU real-time runtime in microseconds'),
  'cpu-shares': int('CPU shares (relative weight)', { short: 'c' }),
  cpus: decimalCpus('Number of CPUs'),
  'cpuset-cpus': text('CPUs in which to allow execution (0-3, 0,1)'),
  'cpuset-mems': text('MEMs in which to allow execution (0-3, 0,1)'),
  device: list('Add a host device to the container'),
  'device-cgroup-rule': list('Add a rule to the cgroup allowed devices list', { check: parseRule }),
  'device-read-bps': collected('Limit read rate (bytes per second) from a device', 'list', parseThrottleBps),
  'device-read-iops': collected('Limit read rate (IO per second) from a device', 'list', parseThrottleIops),
  'device-write-bps': collected('Limit write rate (bytes per second) to a device', 'list', parseThrottleBps),
  'device-write-iops': collected('Limit write rate (IO per second) to a device', 'list', parseThrottleIops),
  'disable-content-trust': bool('Skip image verification (images are never verified by Notary here)', { initial: true, hidden: true }),
  dns: list('Set custom DNS servers', { check: checkAddress }),
  'dns-opt': list('Set DNS options', { hidden: true }),
  'dns-option': list('Set DNS options'),
  'dns-search': list('Set custom DNS search domains', { check: checkSearchDomain }),
  domainname: text('Container NIS domain name'),
  entrypoint: text('Overwrite the default ENTRYPOINT of the image'),
  env: list('Set environment variables', { short: 'e', check: checkEnv }),
  'env-file': list('Read in a file of environment variables'),
  expose: list('Expose a port or a range of ports'),
  gpus: custom("GPU devices to add to the container ('all' to pass all GPUs)", { type: 'gpu-request', initial: [] as readonly ReturnType<typeof parseGpus>[], parse: (value, before) => [...before, parseGpus(value)] }),
  'group-add': list('Add additional groups to join'),
  'health-cmd': text('Command to run to check health'),
  'health-interval': duration('Time between running the check (ms|s|m|h)'),
  'health-retries': int('Consecutive failures needed to report unhealthy'),
  'health-start-interval': duration('Time between running the check during the start period (ms|s|m|h)'),
  'health-start-period': duration('Start period for the container to initialize before starting health-retries countdown (ms|s|m|h)'),
  'health-timeout': duration('Maximum time to allow one check to run (ms|s|m|h)'),
  hostname: text('Container host name', { short: 'h' }),
  init: bool('Run an init inside the container that forwards signals and reaps processes'),
  interactive: bool('Keep STDIN open even if not attached', { short: 'i' }),
  'io-maxbandwidth': windowsOnly('Maximum IO bandwidth limit for the system drive', 'bytes'),
  'io-maxiops': windowsOnly('Maximum IOps limit for the system drive', 'uint'),
  ip: text('IPv4 address (e.g., 172.30.100.104)'),
  ip6: text('IPv6 address (e.g., 2001:db8::33)'),
  ipc: text('IPC mode to use'),
  isolation: text('Container isolation technology'),
  'kernel-memory': bytes('Kernel memory limit', { hidden: true }),
  label: list('Set meta data on a container', { short: 'l', check: checkLabel }),
  'label-file': list('Read in a line delimited file of labels'),
  link: list('Add link to another container', { check: checkLink }),
  'link-local-ip': list('Container IPv4/IPv6 link-local addresses'),
  'log-driver': text('Logging driver for the container'),
  'log-opt': list('Log driver options'),
  'mac-address': text('Container MAC address (e.g., 92:d0:c6:0a:29:33)'),
  memory: bytes('Memory limit', { short: 'm' }),
  'memory-reservation': bytes('Memory soft limit'),
  'memory-swap': bytes("Swap limit equal to memory plus swap: '-1' to enable unlimited swap", { minusOne: true }),
  'memory-swappiness': int('Tune container memory swappiness (0 to 100)', { initial: -1 }),
  mount: collected('Attach a filesystem mount to the container', 'mount', parseMount),
  name: text('Assign a name to the container'),
  net: { ...collected('Connect a container to a network', 'network', parseNetwork), hidden: true },
  network: collected('Connect a container to a network', 'network', parseNetwork),
  'net-alias': list('Add network-scoped alias for the container', { hidden: true }),
  'network-alias': list('Add network-scoped alias for the container'),
  'no-healthcheck': bool('Disable any container-specified HEALTHCHECK'),
  'oom-kill-disable': bool('Disable OOM Killer'),
  'oom-score-adj': int("Tune host's OOM preferences (-1000 to 1000)"),
  pid: text('PID namespace to use'),
  'pids-limit': int('Tune container pids limit (set -1 for unlimited)'),
  platform: text('Set platform if server is multi-platform capable'),
  privileged: bool('Give extended privileges to this container'),
  publish: list("Publish a container's port(s) to the host", { short: 'p' }),
  'publish-all': bool('Publish all exposed ports to random ports', { short: 'P' }),
  pull: text('Pull image before running ("always", "missing", "never")', { initial: 'missing', choices: ['always', 'missing', 'never'] }),
  quiet: bool('Suppress the pull output', { short: 'q' }),
  'read-only': bool("Mount the container's root filesystem as read only"),
  restart: text('Restart policy to apply when a container exits', { initial: 'no', choices: ['no', 'always', 'unless-stopped', 'on-failure'] }),
  rm: bool('Automatically remove the container and its associated anonymous volumes when it exits'),
  runtime: text('Runtime to use for this container'),
  'security-opt': list('Security Options'),
  'shm-size': bytes('Size of /dev/shm'),
  'stop-signal': text('Signal to stop the container'),
  'stop-timeout': int('Timeout (in seconds) to stop a container'),
  'storage-opt': list('Storage driver options for the container'),
  sysctl: keyed('Sysctl options', checkSysctl),
  tmpfs: list('Mount a tmpfs directory'),
  tty: bool('Allocate a pseudo-TTY', { short: 't' }),
  ulimit: collected('Ulimit options', 'ulimit', parseUlimit),
  'use-api-socket': bool('Bind mount the API socket and the credentials for registries'),
  user: text('Username or UID (format: <name|uid>[:<group|gid>])', { short: 'u' }),
  userns: text('User namespace to use'),
  uts: text('UTS namespace to use'),
  volume: list('Bind mount a volume', { short: 'v' }),
  'volume-driver': text('Optional volume driver for the container'),
  'volumes-from': list('Mount volumes from the specified container(s)'),
  workdir: text('Working directory inside the container', { short: 'w' }),
};

function checkStream(value: string): string {
  const stream = value.toLowerCase();
  if (!['stdin', 'stdout', 'stderr'].includes(stream)) throw new Error('valid streams are STDIN, STDOUT and STDERR');
  return stream;
}

const namespacedSysctls = /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced|domainname)|net\..+|fs\.mqueue\..+)=/;

/** Only what a namespace holds of its own can be set for a container. */
function checkSysctl(value: string): void {
  if (!namespacedSysctls.test(value)) throw new Error(`sysctl '${value}' is not allowed`);
}

function checkAddress(value: string): string {
  const trimmed = value.trim();
  if (!isAddress(trimmed)) throw new Error(`IP address is not correctly formatted: ${value}`);
  return trimmed;
}

function isAddress(value: string): boolean {
  const parts = value.split('.');
  if (!value.includes(':')) return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return /^[0-9a-fA-F:.]+$/.test(value) && (value.match(/::/g)?.length ?? 0) <= 1;
}

function checkSearchDomain(value: string): string {
  const domain = value.trim();
  if (domain === '.') return domain;
  if (!/[a-zA-Z]/.test(domain) || !/^(:?(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))(:?\.(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])))*)\.?\s*$/.test(domain) || domain.length > 255) {
    throw new Error(`${domain} is not a valid domain`);
  }
  return domain;
}
