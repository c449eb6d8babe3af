import { GantryError } from '../../../base/errors.ts';
import type { Ulimit } from '../../../oci/ulimit.ts';
import type { Values } from '../../grammar/flag.ts';
import type { createFlags } from './flags.ts';
import { capabilities } from './capabilities.ts';
import { parseCdiOrDevice } from './devices.ts';
import { healthcheck } from './healthcheck.ts';
import { readEnvFile, readLabelFile, toMap } from './lists.ts';
import { endpoints } from './networks.ts';
import { addExposed, parsePublish } from './ports.ts';
import { parseRestartPolicy } from './restart-policy.ts';
import { securityOptions } from './security.ts';
import { parseVolumes } from './volumes.ts';
import type { CreateBody } from './wire.ts';

export interface CreateRequest {
  flags: Values<typeof createFlags>;
  given: ReadonlySet<string>;
  /** The image, then the command. */
  args: readonly string[];
  /** Added to the environment where the flags do not set the name: proxies from the configuration file. */
  proxies?: Readonly<Record<string, string>>;
}

/** What docker's client sends to POST /containers/create for the same flags. Throws GantryError `invalid`. */
export function createBody(request: CreateRequest): CreateBody {
  const { flags, given, args } = request;
  validate(flags);
  const ports = parsePublish(flags.publish);
  addExposed(ports.exposed, flags.expose);
  const volumes = parseVolumes(flags.volume);
  const networks = endpoints([...flags.net, ...flags.network], {
    aliases: [...flags['net-alias'], ...flags['network-alias']], links: flags.link, ip: flags.ip, ip6: flags.ip6, linkLocal: flags['link-local-ip'], mac: flags['mac-address'],
  });
  const attach = new Set<string>(flags.attach);
  const attaches = (stream: string): boolean => attach.has(stream) || (attach.size === 0 && stream !== 'stdin');
  const attachStdin = attach.has('stdin') || (flags.interactive && attach.size === 0);
  const health = healthcheck(flags);
  return {
    Hostname: flags.hostname,
    Domainname: flags.domainname,
    User: flags.user,
    AttachStdin: attachStdin,
    AttachStdout: attaches('stdout'),
    AttachStderr: attaches('stderr'),
    ...(Object.keys(ports.exposed).length === 0 ? {} : { ExposedPorts: ports.exposed }),
    Tty: flags.tty,
    OpenStdin: flags.interactive,
    StdinOnce: flags.interactive && attachStdin,
    Env: withProxies([...flags['env-file'].flatMap(readEnvFile), ...flags.env], request.proxies),
    Cmd: args.length > 1 ? args.slice(1) : null,
    Image: args[0] ?? '',
    Volumes: volumes.anonymous,
    WorkingDir: flags.workdir,
    Entrypoint: flags.entrypoint !== '' ? [flags.entrypoint] : given.has('entrypoint') ? [''] : null,
    Labels: toMap([...flags['label-file'].flatMap(readLabelFile), ...flags.label]),
    ...(health === undefined ? {} : { Healthcheck: health }),
    ...(flags['stop-signal'] === '' ? {} : { StopSignal: flags['stop-signal'] }),
    ...(given.has('stop-timeout') ? { StopTimeout: flags['stop-timeout'] } : {}),
    HostConfig: {
      ...hostSettings(request, volumes.binds),
      ...resources(request),
      NetworkMode: networks.mode,
      PortBindings: ports.bindings,
      AutoRemove: flags.rm,
      ConsoleSize: [0, 0],
    },
    NetworkingConfig: { EndpointsConfig: networks.endpoints },
  };
}

function hostSettings({ flags, given }: CreateRequest, binds: string[]): Record<string, unknown> {
  const security = securityOptions(flags['security-opt']);
  return {
    Binds: binds,
    ContainerIDFile: flags.cidfile,
    LogConfig: { Type: flags['log-driver'], Config: logOptions(flags) },
    RestartPolicy: parseRestartPolicy(flags.restart),
    VolumeDriver: flags['volume-driver'],
    VolumesFrom: orNull(flags['volumes-from']),
    Mounts: flags.mount.length === 0 ? undefined : flags.mount,
    ...capabilities(flags['cap-add'], flags['cap-drop']),
    CgroupnsMode: flags.cgroupns,
    Dns: flags.dns,
    DnsOptions: [...flags['dns-opt'], ...flags['dns-option']],
    DnsSearch: flags['dns-search'],
    ExtraHosts: orNull(flags['add-host']),
    GroupAdd: orNull(flags['group-add']),
    IpcMode: flags.ipc,
    Links: orNull(flags.link),
    OomScoreAdj: flags['oom-score-adj'],
    PidMode: flags.pid,
    Privileged: flags.privileged,
    PublishAllPorts: flags['publish-all'],
    ReadonlyRootfs: flags['read-only'],
    SecurityOpt: orNull(security.options),
    ...(security.maskedPaths === undefined ? {} : { MaskedPaths: security.maskedPaths, ReadonlyPaths: security.readonlyPaths }),
    StorageOpt: flags['storage-opt'].length === 0 ? undefined : toMap(flags['storage-opt']),
    Tmpfs: flags.tmpfs.length === 0 ? undefined : Object.fromEntries(flags.tmpfs.map(pathAndOptions)),
    UTSMode: flags.uts,
    UsernsMode: flags.userns,
    ShmSize: flags['shm-size'],
    Sysctls: Object.keys(flags.sysctl).length === 0 ? undefined : flags.sysctl,
    Runtime: flags.runtime === '' ? undefined : flags.runtime,
    Isolation: flags.isolation,
    Annotations: Object.keys(flags.annotation).length === 0 ? undefined : flags.annotation,
    Init: given.has('init') ? flags.init : undefined,
  };
}

function resources({ flags }: CreateRequest): Record<string, unknown> {
  const devices = flags.device.map(parseCdiOrDevice);
  const mappings = devices.flatMap((device) => ('mapping' in device ? [device.mapping] : []));
  const cdi = devices.flatMap((device) => ('cdi' in device ? [device.cdi] : []));
  const requests = [...flags.gpus, ...(cdi.length === 0 ? [] : [{ Driver: 'cdi', Count: 0, DeviceIDs: cdi, Capabilities: null, Options: null }])];
  return {
    CgroupParent: flags['cgroup-parent'],
    Memory: flags.memory,
    MemoryReservation: flags['memory-reservation'],
    MemorySwap: flags['memory-swap'],
    MemorySwappiness: flags['memory-swappiness'],
    KernelMemory: flags['kernel-memory'] === 0 ? undefined : flags['kernel-memory'],
    OomKillDisable: flags['oom-kill-disable'],
    NanoCpus: flags.cpus,
    CpuPeriod: flags['cpu-period'],
    CpuQuota: flags['cpu-quota'],
    CpuRealtimePeriod: flags['cpu-rt-period'],
    CpuRealtimeRuntime: flags['cpu-rt-runtime'],
    CpuShares: flags['cpu-shares'],
    CpusetCpus: flags['cpuset-cpus'],
    CpusetMems: flags['cpuset-mems'],
    PidsLimit: flags['pids-limit'],
    BlkioWeight: flags['blkio-weight'],
    BlkioWeightDevice: flags['blkio-weight-device'],
    BlkioDeviceReadBps: flags['device-read-bps'],
    BlkioDeviceWriteBps: flags['device-write-bps'],
    BlkioDeviceReadIOps: flags['device-read-iops'],
    BlkioDeviceWriteIOps: flags['device-write-iops'],
    Devices: mappings,
    DeviceCgroupRules: orNull(flags['device-cgroup-rule']),
    DeviceRequests: requests.length === 0 ? null : requests,
    Ulimits: ulimitsOf(flags.ulimit),
  };
}

function logOptions(flags: CreateRequest['flags']): Record<string, string> {
  if (flags['log-driver'] === 'none' && flags['log-opt'].length > 0) throw invalid('invalid logging opts for driver none');
  return toMap(flags['log-opt']);
}

function validate(flags: CreateRequest['flags']): void {
  const swappiness = flags['memory-swappiness'];
  if (swappiness !== -1 && (swappiness < 0 || swappiness > 100)) throw invalid(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  const mode = (text: string, allowed: readonly string[]): boolean => text === '' || allowed.includes(text);
  if (!mode(flags.pid, ['host']) && !/^container:.+/.test(flags.pid)) throw invalid('--pid: invalid PID mode');
  if (!mode(flags.uts, ['host'])) throw invalid('--uts: invalid UTS mode');
  if (!mode(flags.userns, ['host'])) throw invalid('--userns: invalid USER mode');
  if (!mode(flags.cgroupns, ['host', 'private'])) throw invalid('--cgroupns: invalid CGROUP mode');
  for (const option of flags['storage-opt']) if (!option.includes('=')) throw invalid('invalid storage option');
  if (flags.rm && !['no', ''].includes(flags.restart)) throw invalid('conflicting options: cannot specify both --restart and --rm');
}

/** A name without a value that came later removes nothing; a name that is set is not given a proxy. */
function withProxies(env: readonly string[], proxies: Readonly<Record<string, string>> = {}): string[] {
  const names = new Set(env.map((item) => item.split('=', 1)[0]));
  return [...env, ...Object.entries(proxies).filter(([name]) => !names.has(name)).map(([name, value]) => `${name}=${value}`)];
}

function pathAndOptions(text: string): [string, string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** Of several with one name the last, in the order of names. */
function ulimitsOf(asked: readonly Ulimit[]): object[] {
  const byName = new Map(asked.map((limit) => [limit.name, limit]));
  return [...byName.values()].sort((left, right) => (left.name < right.name ? -1 : 1)).map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard }));
}

function orNull<T>(items: readonly T[]): readonly T[] | null {
  return items.length === 0 ? null : items;
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
