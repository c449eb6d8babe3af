import { socketText } from '../../base/socket-text.ts';

export interface PortSummary { IP?: string; PrivatePort: number; PublicPort?: number; Type: string }

interface Group { ip: string; type: string; first: number; last: number }

/** `0.0.0.0:80-82->80-82/tcp, 9000/tcp`: neighbours that are published under their own number are joined to ranges. */
export function displayPorts(ports: readonly PortSummary[]): string {
  const groups = new Map<string, Group>();
  const finished: string[] = [];
  const mapped: string[] = [];
  for (const { IP: ip = '', PrivatePort: port, PublicPort: published = 0, Type: type } of [...ports].sort(byPort)) {
    if (ip !== '' && published !== port) {
      mapped.push(`${socketText(ip, String(published))}->${port}/${type}`);
      continue;
    }
    const key = `${ip}/${type}`;
    const group = groups.get(key);
    if (group !== undefined && (port === group.last + 1 || port === group.last)) group.last = port;
    else if (group !== undefined) {
      finished.push(groupText(group));
      Object.assign(group, { first: port, last: port });
    } else groups.set(key, { ip, type, first: port, last: port });
  }
  return [...finished, ...[...groups.values()].map(groupText), ...mapped].join(', ');
}

function groupText({ ip, type, first, last }: Group): string {
  const range = first === last ? String(first) : `${first}-${last}`;
  return `${ip === '' ? '' : `${socketText(ip, range)}->`}${range}/${type}`;
}

function byPort(left: PortSummary, right: PortSummary): number {
  return left.PrivatePort - right.PrivatePort || compare(left.IP ?? '', right.IP ?? '') || (left.PublicPort ?? 0) - (right.PublicPort ?? 0) || compare(left.Type, right.Type);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
