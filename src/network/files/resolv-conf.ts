export interface ResolverSettings { nameservers: string[]; search: string[]; options: string[] }

/** resolv.conf(5). Of several `search` or `domain` lines the last counts; comments go. */
export function parseResolvConf(text: string): ResolverSettings {
  const settings: ResolverSettings = { nameservers: [], search: [], options: [] };
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.replace(/[#;].*$/, '').trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) settings.nameservers.push(values[0]);
    if (keyword === 'search' || keyword === 'domain') settings.search = values;
    if (keyword === 'options') settings.options.push(...values);
  }
  return settings;
}

/** Where systemd-resolved keeps the real name servers, for when the host's file names only its stub at 127.0.0.53. */
export const systemdResolvedFile = '/run/systemd/resolve/resolv.conf';

/**
 * What a container resolves with: what was asked for wins over the host's, value by value. Name servers at the host's loopback cannot be
 * reached from a container, so they are left out; when none is left, the file has none; the resolver then fails at once.
 * A search of `.` means none.
 */
export function containerResolver(host: ResolverSettings, asked: { dns?: string[]; dnsSearch?: string[]; dnsOptions?: string[] }): ResolverSettings {
  const given = (list: string[] | undefined): list is string[] => list !== undefined && list.length > 0;
  const search = given(asked.dnsSearch) ? asked.dnsSearch : host.search;
  return {
    nameservers: given(asked.dns) ? asked.dns : host.nameservers.filter((server) => !isLoopback(server)),
    search: search.length === 1 && search[0] === '.' ? [] : search,
    options: given(asked.dnsOptions) ? asked.dnsOptions : host.options,
  };
}

/** The file of a container whose names are answered at 127.0.0.11, which asks the real servers itself. */
export function throughEmbedded(resolver: ResolverSettings): ResolverSettings {
  const options = resolver.options.some((option) => option.startsWith('ndots:')) ? resolver.options : [...resolver.options, 'ndots:0'];
  return { ...resolver, nameservers: ['127.0.0.11'], options };
}

export function resolvConfText({ nameservers, search, options }: ResolverSettings): string {
  const lines = nameservers.map((server) => `nameserver ${server}`);
  if (search.length > 0) lines.push(`search ${search.join(' ')}`);
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  return lines.map((line) => `${line}\n`).join('');
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::1%');
}
