import type { ContainerRecord, EndpointRecord } from '../../../engine/containers/record.ts';
import { isLive } from './state.ts';

/** `NetworkSettings.Ports`: `80/tcp` → its bindings, null for a port that is exposed and not published. {} while nothing runs, and where nothing could be published. */
export function portMapJson(record: ContainerRecord): Record<string, Bindings | null> {
  if (!isLive(record) || !hasGateway(record)) return {};
  const map = new Map<string, Bindings | null>();
  for (const key of exposed(record)) map.set(key, null);
  return bindingsJson(published(record), map);
}

type Bindings = { HostIp: string; HostPort: string }[];

/** Bindings by port, `80/tcp`, beside the ports that `map` has already. */
export function bindingsJson(ports: EndpointRecord['ports'], map = new Map<string, Bindings | null>()): Record<string, Bindings | null> {
  for (const { containerPort, protocol, hostIp, hostPort } of ports) {
    const key = `${containerPort}/${protocol}`;
    map.set(key, [...(map.get(key) ?? []), { HostIp: hostIp, HostPort: hostPort === 0 ? '' : String(hostPort) }]);
  }
  return Object.fromEntries([...map].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** `Ports` of the list: one entry a binding, and one for each port that is only exposed. */
export function portListJson(record: ContainerRecord): object[] {
  if (!isLive(record)) return [];
  const ports = published(record);
  const taken = new Set(ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const bare = exposed(record).filter((key) => !taken.has(key)).map((key) => {
    const [port, protocol = 'tcp'] = key.split('/');
    return { PrivatePort: Number(port), Type: protocol };
  });
  const bound = ports.map(({ containerPort, protocol, hostIp, hostPort }) => ({
    ...(hostIp !== '' && { IP: hostIp }), PrivatePort: containerPort, ...(hostPort !== 0 && { PublicPort: hostPort }), Type: protocol,
  }));
  return [...bare, ...bound];
}

/** Ports may be exposed as ranges, `8000-8002/tcp`. */
function exposed(record: ContainerRecord): string[] {
  return Object.keys(record.config.exposedPorts ?? {}).flatMap((key) => {
    const [range = '', protocol = 'tcp'] = key.split('/');
    const [first, last = first] = range.split('-').map(Number);
    if (first === undefined || last === undefined || !(last >= first && last <= 65535)) return [];
    return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol}`);
  });
}

/** Internal networks have none, nor has the host's, nor none. */
function hasGateway({ endpoints }: ContainerRecord): boolean {
  return Object.values(endpoints).some(({ gateway, gateway6 }) => gateway !== undefined || gateway6 !== undefined);
}

function published(record: ContainerRecord): EndpointRecord['ports'] {
  return Object.values(record.endpoints).flatMap(({ ports }) => ports);
}
