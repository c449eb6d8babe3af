import { isIP } from 'node:net';
import { GantryError } from '../../base/errors.ts';
import { leastHealthcheckNs, type ContainerConfig, type Healthcheck, type HostConfig } from '../../oci/container.ts';
import { sharedContainer } from '../../oci/namespace-mode.ts';
import { checkRestartPolicy } from './restart-policy.ts';
import { signalNumber } from './signals.ts';

const invalid = (message: string): GantryError => new GantryError('invalid', message);

/** What is refused before anything is looked up or made, with Docker's sentences. Returns warnings. @throws invalid */
export function checkRequest(config: ContainerConfig, hostConfig: HostConfig): string[] {
  checkConfig(config);
  checkHostConfig(hostConfig);
  refuseWhatCannotBeHonoured(hostConfig);
  checkModes(hostConfig);
  return portWarnings(hostConfig);
}

function checkConfig(config: ContainerConfig): void {
  if (Buffer.byteLength(config.hostname ?? '') > 64) throw invalid(`hostname "${config.hostname}" is too long (maximum 64 bytes)`);
  if (config.workingDir && !config.workingDir.startsWith('/')) {
    throw invalid(`the working directory '${config.workingDir}' is invalid, it needs to be an absolute path`);
  }
  for (const variable of config.env ?? []) {
    if (variable === '' || variable.startsWith('=')) throw invalid(`invalid environment variable: ${variable}`);
  }
  refuseNul({ Entrypoint: config.entrypoint, Cmd: config.cmd, Env: config.env });
  if (config.stopSignal) signalNumber(config.stopSignal);
  if (config.healthcheck !== undefined) checkHealthcheck(config.healthcheck);
  for (const port of Object.keys(config.exposedPorts ?? {})) checkPort(port);
}

/** The kernel ends an argument at a NUL byte: the rest would be lost without a word. @throws invalid */
export function refuseNul(words: Readonly<Record<string, readonly string[] | null | undefined>>): void {
  for (const [field, list] of Object.entries(words)) {
    const wrong = list?.find((word) => word.includes('\0'));
    if (wrong !== undefined) throw invalid(`invalid ${field}: ${JSON.stringify(wrong)} has a NUL byte in it`);
  }
}

function checkHealthcheck(check: Healthcheck): void {
  const durations = { Interval: check.interval, Timeout: check.timeout, StartPeriod: check.startPeriod, StartInterval: check.startInterval };
  for (const [name, ns] of Object.entries(durations)) {
    if (ns !== undefined && ns !== 0 && ns < leastHealthcheckNs) throw invalid(`${name} in Healthcheck cannot be less than 1ms`);
  }
  if ((check.retries ?? 0) < 0) throw invalid('Retries in Healthcheck cannot be negative');
}

function checkPort(port: string): void {
  const match = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(port);
  if (match === null || Number(match[1]) > 65535 || Number(match[2] ?? 0) > 65535) throw invalid(`invalid port specification: "${port}"`);
}

/** What is published is one port: only its place on the host may be a range. */
function checkPublishedPort(port: string): void {
  const [number = '', protocol = 'tcp'] = port.split('/', 2);
  if (!/^\d+$/.test(number) || Number(number) > 65535) throw invalid(`invalid port specification: "${number}"`);
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw invalid(`invalid port specification: "${port}"`);
}

function isPortRange(text: string): boolean {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return false;
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  return first <= last && last <= 65535;
}

/** `name:address`, the address bare or in brackets; `host-gateway` stands for the host's. */
function checkExtraHost(extra: string): void {
  const at = extra.indexOf(':');
  if (at <= 0) throw invalid(`bad format for add-host: "${extra}"`);
  const address = extra.slice(at + 1);
  if (address !== 'host-gateway' && isIP(address.replace(/^\[(.*)\]$/, '$1')) === 0) throw invalid(`invalid IP address in add-host: "${address}"`);
}

function checkHostConfig(host: HostConfig): void {
  checkRestartPolicy(host.restartPolicy);
  const policy = host.restartPolicy?.name ?? '';
  if (host.autoRemove && policy !== '' && policy !== 'no') throw invalid("can't create 'AutoRemove' container with restart policy");
  if ((host.shmSize ?? 0) < 0) throw invalid('SHM size can not be less than 0');
  const score = host.oomScoreAdj ?? 0;
  if (score < -1000 || score > 1000) throw invalid(`Invalid value ${score}, range for oom score adj is [-1000, 1000]`);
  if (Object.hasOwn(host.annotations ?? {}, '')) throw invalid('invalid Annotations: the empty string is not permitted as an annotation key');
  for (const [port, bindings] of Object.entries(host.portBindings ?? {})) {
    checkPublishedPort(port);
    for (const { hostPort = '' } of bindings ?? []) {
      if (hostPort !== '' && !isPortRange(hostPort)) throw invalid(`invalid port specification: "${hostPort}"`);
    }
  }
  for (const extra of host.extraHosts ?? []) checkExtraHost(extra);
}

/** Options this engine does not have: refused by name, never ignored in silence. */
function refuseWhatCannotBeHonoured(host: HostConfig): void {
  const refuse = (what: string): never => { throw invalid(`${what} is not supported by this engine`); };
  if (host.isolation && host.isolation.toLowerCase() !== 'default') throw invalid(`invalid isolation (${host.isolation}): linux only supports 'default'`);
  refuseDeviceRequests(host);
  if (host.cgroup) refuse('joining the cgroup of another container');
  for (const option of Object.keys(host.storageOpt ?? {})) {
    if (option !== 'size') throw invalid(`Unknown option ${option}`);
    throw invalid("--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
  }
  if (host.usernsMode && host.usernsMode !== 'host') throw invalid(`invalid USER mode: ${host.usernsMode}`);
  if (host.volumeDriver && host.volumeDriver !== 'local') refuse(`the volume driver "${host.volumeDriver}"`);
}

/** `--gpus` and the like: there is no driver to ask. */
function refuseDeviceRequests({ deviceRequests }: HostConfig): void {
  const [first] = deviceRequests ?? [];
  if (first === undefined) return;
  const sets = (first.capabilities ?? []).map((set) => `[${(set ?? []).join(' ')}]`);
  throw invalid(`could not select device driver ${JSON.stringify(first.driver ?? '')} with capabilities: [${sets.join(' ')}]`);
}

function checkModes(host: HostConfig): void {
  if (host.networkMode === 'container:') throw invalid('invalid network mode: invalid container format container:<name|id>');
  const namespaceOrContainer = (mode: string, words: string[]): boolean => words.includes(mode) || /^container:.+$/.test(mode);
  if (!namespaceOrContainer(host.pidMode ?? '', ['', 'host'])) throw invalid(`invalid PID mode: ${host.pidMode}`);
  if (!namespaceOrContainer(host.ipcMode ?? '', ['', 'none', 'private', 'shareable', 'host'])) throw invalid(`invalid IPC mode: ${host.ipcMode}`);
  if (!['', 'host'].includes(host.utsMode ?? '')) throw invalid(`invalid UTS mode: ${host.utsMode}`);
  if (!['', 'host', 'private'].includes(host.cgroupnsMode ?? '')) throw invalid(`invalid cgroup namespace mode: ${host.cgroupnsMode}`);
}

function portWarnings(host: HostConfig): string[] {
  return host.networkMode === 'host' && Object.keys(host.portBindings ?? {}).length > 0 ? ['Published ports are discarded when using host network mode'] : [];
}

/** Options that contradict each other through the network mode; these come from the person, not from the image. */
export function checkNetworkConflicts(config: ContainerConfig, host: HostConfig): void {
  const conflict = (message: string): GantryError => invalid(`conflicting options: ${message}`);
  if (host.utsMode === 'host' && config.hostname) throw conflict('hostname and the UTS mode');
  if (sharedContainer(host.networkMode) === undefined) return;
  if (config.hostname) throw conflict('hostname and the network mode');
  if (host.dns?.length) throw conflict('dns and the network mode');
  if (host.extraHosts?.length) throw conflict('custom host-to-IP mapping and the network mode');
  if (config.macAddress) throw conflict('mac-address and the network mode');
  if (host.publishAllPorts || Object.keys(host.portBindings ?? {}).length > 0) throw conflict('port publishing and the container type network mode');
  if (Object.keys(config.exposedPorts ?? {}).length > 0) throw conflict('port exposing and the container type network mode');
}
