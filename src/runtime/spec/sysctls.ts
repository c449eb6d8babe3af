import { GantryError } from '../../base/errors.ts';
import { sharedContainer } from '../../oci/namespace-mode.ts';
import type { SpecInput } from './spec-input.ts';

/** The name of the NIS domain is one, too; its host's name is an option of its own. */
const utsKey = 'kernel.domainname';

const ipcKeys = ['kernel.msgmax', 'kernel.msgmnb', 'kernel.msgmni', 'kernel.sem', 'kernel.shmall', 'kernel.shmmax', 'kernel.shmmni', 'kernel.shm_rmid_forced'];

/**
 * Kernel parameters of the container's own namespaces: the person's, and two defaults that let any user ping and bind low ports,
 * which are not set where the network namespace is the host's or another container's. @throws invalid for one that would change the host
 */
export function sysctlsOf(input: SpecInput): Record<string, string> {
  const asked = input.host.sysctls ?? {};
  for (const key of Object.keys(asked)) checkSysctl(key, input);
  if (input.domainname !== '') checkDomainname(input);
  const ownNetwork = input.networkNamespace !== 'host' && sharedContainer(input.host.networkMode) === undefined;
  return {
    ...(ownNetwork ? { 'net.ipv4.ping_group_range': '0 2147483647', 'net.ipv4.ip_unprivileged_port_start': '0' } : {}),
    ...(input.domainname === '' ? {} : { [utsKey]: input.domainname }),
    ...asked,
  };
}

function checkSysctl(key: string, input: SpecInput): void {
  const namespace = sysctlNamespace(key);
  if (namespace === undefined) throw new GantryError('invalid', `sysctl '${key}' is not allowed`);
  if (namespace === 'uts') return checkDomainname(input);
  const isHost = namespace === 'network' ? input.networkNamespace === 'host' : input.ipcNamespace === 'host';
  if (isHost) throw new GantryError('invalid', `sysctl ${JSON.stringify(key)} not allowed in host ${namespace} namespace`);
}

function checkDomainname({ utsNamespace }: SpecInput): void {
  if (utsNamespace === 'host') throw new GantryError('invalid', `sysctl "${utsKey}" is not in a separate kernel namespace`);
}

/** The namespace that keeps a parameter apart; undefined for one that is the host's. */
export function sysctlNamespace(key: string): 'network' | 'ipc' | 'uts' | undefined {
  const dotted = key.replaceAll('/', '.');
  if (dotted.startsWith('net.')) return 'network';
  if (dotted === utsKey) return 'uts';
  return ipcKeys.includes(dotted) || dotted.startsWith('fs.mqueue.') ? 'ipc' : undefined;
}
