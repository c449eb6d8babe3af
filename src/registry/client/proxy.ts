import { cidrHolds, isLoopback, withoutPort } from './hosts.ts';

/**
 * The proxy for a URL by the conventions that Docker (Go's net/http) follows: `HTTPS_PROXY` or `HTTP_PROXY` by the
 * URL's scheme, in capitals or not; loopback never; `NO_PROXY` holds `*`, hosts, `.suffixes`, `host:port`, addresses, CIDRs.
 */
export function proxyFor(url: URL, environment: Record<string, string | undefined>): string | undefined {
  const read = (name: string): string | undefined => environment[name] || environment[name.toLowerCase()] || undefined;
  const proxy = read(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (proxy === undefined || isLoopback(url.hostname) || isExempt(url, read('NO_PROXY') ?? '')) return undefined;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

function isExempt(url: URL, list: string): boolean {
  const name = withoutPort(url.hostname).toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(',').map((entry) => entry.trim().toLowerCase()).some((entry) => {
    if (entry === '') return false;
    if (entry === '*' || cidrHolds(entry, name)) return true;
    const entryPort = /(?<!:[^\]]*):(\d+)$/.exec(entry)?.[1];
    const entryName = (entryPort === undefined ? entry : entry.slice(0, -entryPort.length - 1)).replace(/^\*(?=\.)/, '').replace(/^\[|\]$/g, '');
    if (entryPort !== undefined && entryPort !== port) return false;
    return entryName.startsWith('.') ? name.endsWith(entryName) : name === entryName || name.endsWith(`.${entryName}`);
  });
}
