import { parseContainerPort, portRequest, type PortRequest } from '../../network/ports/port-request.ts';
import type { ContainerRecord } from '../containers/record.ts';

/** What `-p` and `-P` ask for. @param defaultHostIp for bindings that name no address; empty is every address */
export function wantedPorts(record: Pick<ContainerRecord, 'config' | 'hostConfig'>, defaultHostIp: string): PortRequest[] {
  const bindings = record.hostConfig.portBindings ?? {};
  const published = Object.entries(bindings).flatMap(([port, list]) => expand(port).flatMap((single) =>
    (list?.length ? list : [{}]).map((binding) => withHostIp(portRequest(single, binding), defaultHostIp))));
  if (record.hostConfig.publishAllPorts !== true) return published;
  const exposed = Object.keys(record.config.exposedPorts ?? {}).flatMap(expand).filter((port) => !(port in bindings));
  return [...published, ...exposed.map((port) => withHostIp(portRequest(port, {}), defaultHostIp))];
}

/** `8000-8002/tcp` is three ports. */
function expand(port: string): string[] {
  const [range = '', protocol = 'tcp'] = port.split('/');
  const [first = '', last = first] = range.split('-');
  if (first === last) return [`${parseContainerPort(`${first}/${protocol}`).containerPort}/${protocol}`];
  const count = Math.max(0, Math.min(65535, Number(last)) - Number(first) + 1);
  return Array.from({ length: count }, (_, index) => `${Number(first) + index}/${protocol}`);
}

function withHostIp(request: PortRequest, hostIp: string): PortRequest {
  return request.hostIp === '' ? { ...request, hostIp } : request;
}
