import { GantryError } from '../../../base/errors.ts';

export interface PortBinding { HostIp: string; HostPort: string }
export interface PortSets { exposed: Record<string, object>; bindings: Record<string, PortBinding[]> }

const protocols = new Set(['tcp', 'udp', 'sctp']);

/** `[ip:][host[-host]:]container[-container][/proto]` or `target=…,published=…,protocol=…`. Throws GantryError `invalid`. */
export function parsePublish(specs: readonly string[]): PortSets {
  const sets: PortSets = { exposed: {}, bindings: {} };
  for (const spec of specs) addPublished(sets, spec.includes('=') ? fromLongForm(spec) : spec);
  return sets;
}

function fromLongForm(spec: string): string {
  let target = '';
  let published = '';
  let protocol = 'tcp';
  for (const field of spec.split(',')) {
    const equals = field.indexOf('=');
    if (equals < 1) throw invalid(`invalid field: ${field}`);
    const [key, value] = [field.slice(0, equals), field.slice(equals + 1)];
    if (key === 'target') target = value;
    else if (key === 'published') published = value;
    else if (key === 'protocol') protocol = value;
    else if (key === 'mode') { if (value !== 'host' && value !== 'ingress') throw invalid(`invalid publish mode value (${value})`); }
    else throw invalid(`invalid field key: ${key}`);
  }
  if (target === '') throw invalid(`missing target port: ${spec}`);
  return `${published === '' ? '' : `${published}:`}${target}/${protocol}`;
}

function addPublished(sets: PortSets, spec: string): void {
  const slash = spec.lastIndexOf('/');
  const protocol = slash < 0 ? 'tcp' : spec.slice(slash + 1).toLowerCase();
  const { ip, host, container } = split(slash < 0 ? spec : spec.slice(0, slash));
  if (container === '') throw invalid(`no port specified: ${spec}<empty>`);
  if (!protocols.has(protocol)) throw invalid(`invalid proto: ${protocol}`);
  const inside = range(container, `invalid containerPort: ${container}`);
  const outside = host === '' ? undefined : range(host, `invalid hostPort: ${host}`);
  if (outside !== undefined && outside.last - outside.first !== inside.last - inside.first && inside.first !== inside.last) {
    throw invalid(`invalid ranges specified for container and host Ports: ${container} and ${host}`);
  }
  for (let offset = 0; offset <= inside.last - inside.first; offset += 1) {
    const key = `${inside.first + offset}/${protocol}`;
    const hostPort = outside === undefined ? '' : inside.first === inside.last && outside.first !== outside.last ? `${outside.first}-${outside.last}` : String(outside.first + offset);
    sets.exposed[key] = {};
    (sets.bindings[key] ??= []).push({ HostIp: ip, HostPort: hostPort });
  }
}

function split(text: string): { ip: string; host: string; container: string } {
  const parts = text.split(':');
  const container = parts.pop() ?? '';
  const host = parts.pop() ?? '';
  const ip = parts.join(':').replace(/^\[(.*)\]$/, '$1');
  if (ip !== '' && !isAddress(ip)) throw invalid(`invalid IP address: ${ip}`);
  return { ip, host, container };
}

function isAddress(text: string): boolean {
  if (text.includes(':')) return /^[0-9a-fA-F:.]+$/.test(text);
  return /^(\d{1,3}\.){3}\d{1,3}$/.test(text) && text.split('.').every((part) => Number(part) < 256);
}

function range(text: string, complaint: string): { first: number; last: number } {
  const shape = /^(\d+)(?:-(\d+))?$/.exec(text);
  const first = Number(shape?.[1]);
  const last = Number(shape?.[2] ?? first);
  if (shape === null || first > 65535 || last > 65535 || last < first) throw invalid(complaint);
  return { first, last };
}

/** `80`, `8000-8010`, `53/udp`; adds to what is exposed already. */
export function addExposed(exposed: Record<string, object>, specs: readonly string[]): void {
  for (const spec of specs) {
    if (spec.includes(':')) throw invalid(`invalid port format for --expose: ${spec}`);
    const [ports = '', protocol = 'tcp'] = spec.split('/');
    const reason = /^\d+-\d+$/.test(ports) ? `Invalid range specified for the Port: ${ports}` : `strconv.ParseUint: parsing ${JSON.stringify(ports)}: invalid syntax`;
    const { first, last } = range(ports, `invalid range format for --expose: ${spec}, error: ${reason}`);
    if (!protocols.has(protocol.toLowerCase())) throw invalid(`invalid port format for --expose: ${spec}`);
    for (let port = first; port <= last; port += 1) exposed[`${port}/${protocol.toLowerCase()}`] ??= {};
  }
}

function invalid(message: string): GantryError {
  return new GantryError('invalid', message);
}
