/** An address, or a name, and its port as one text: IPv6 stands in brackets. */
export function socketText(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
