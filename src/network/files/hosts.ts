const loopback6: [string, string][] = [
  ['::1', 'localhost ip6-localhost ip6-loopback'], ['fe00::', 'ip6-localnet'], ['ff00::', 'ip6-mcastprefix'], ['ff02::1', 'ip6-allnodes'], ['ff02::2', 'ip6-allrouters'],
];

/** /etc/hosts of a container, in Docker's form: the loopback block, `--add-host` entries, then the container's own names. */
export function hostsFile(options: {
  /** [address, names] in the order they are to stand. */
  extra: [address: string, names: string][];
  own: { addresses: string[]; hostname: string; domainname: string };
  ipv6: boolean;
}): string {
  const loopback: [string, string][] = [
    ['127.0.0.1', 'localhost'],
    ...(options.ipv6 ? loopback6 : []),
  ];
  const lines = [...loopback, ...options.extra].map(([address, text]) => `${address}\t${text}`);
  return [...lines, ...ownHostLines(options.own)].map((line) => `${line}\n`).join('');
}

/** A container's own addresses and names, a line each: its full name, and that without what follows the first dot. */
export function ownHostLines({ addresses, hostname, domainname }: { addresses: string[]; hostname: string; domainname: string }): string[] {
  const full = domainname === '' ? hostname : `${hostname}.${domainname}`;
  const bare = full.split('.', 1)[0]!;
  const names = bare === full ? full : `${full} ${bare}`;
  return addresses.map((address) => `${address}\t${names}`);
}

/**
 * `--add-host name:address` or `name=address`; the address may be in brackets, and `host-gateway` stands for the addresses in `gateways`.
 * The form was checked when the container was created.
 */
export function extraHosts(entries: readonly string[], gateways: readonly string[]): [address: string, name: string][] {
  return entries.flatMap((entry): [string, string][] => {
    const at = entry.search(/[:=]/);
    const name = entry.slice(0, at);
    const address = entry.slice(at + 1).replace(/^\[(.*)\]$/, '$1');
    return address === 'host-gateway' ? gateways.map((gateway): [string, string] => [gateway, name]) : [[address, name]];
  });
}
