import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extraHosts, hostsFile, ownHostLines } from './hosts.ts';
import { containerResolver, parseResolvConf, resolvConfText, throughEmbedded, type ResolverOrigin } from './resolv-conf.ts';

test('hostsFile() has Docker\'s form', () => {
  const text = hostsFile({ extra: [['10.0.0.9', 'db']], own: { addresses: ['172.17.0.2'], hostname: 'web', domainname: 'example.org' }, ipv6: true });
  assert.equal(text, [
    '127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost ip6-loopback', 'fe00::\tip6-localnet', 'ff00::\tip6-mcastprefix',
    'ff02::1\tip6-allnodes', 'ff02::2\tip6-allrouters', '10.0.0.9\tdb', '172.17.0.2\tweb.example.org web', '',
  ].join('\n'));
});

test('hostsFile() of a container without IPv6 says nothing of it', () => {
  assert.equal(hostsFile({ extra: [], own: { addresses: ['172.17.0.2'], hostname: 'web', domainname: '' }, ipv6: false }), '127.0.0.1\tlocalhost\n172.17.0.2\tweb\n');
});

test('ownHostLines() gives the bare name beside one with dots, however it was given', () => {
  const line = (hostname: string, domainname: string): string[] => ownHostLines({ addresses: ['10.0.0.2'], hostname, domainname });
  assert.deepEqual(line('a.b.c', 'd.e'), ['10.0.0.2\ta.b.c.d.e a']);
  assert.deepEqual(line('a.b', ''), ['10.0.0.2\ta.b a']);
  assert.deepEqual(line('a', ''), ['10.0.0.2\ta']);
});

test('extraHosts() reads both separators, IPv6 and host-gateway', () => {
  assert.deepEqual(extraHosts(['db:10.0.0.9', 'six=fd00::1', 'br:[fd00::2]', 'gw:host-gateway'], ['172.17.0.1', 'fd00::1']), [
    ['10.0.0.9', 'db'], ['fd00::1', 'six'], ['fd00::2', 'br'], ['172.17.0.1', 'gw'], ['fd00::1', 'gw'],
  ]);
});

const host = parseResolvConf('# a comment\nnameserver 127.0.0.53\nnameserver 9.9.9.9 # ours\ndomain a.org\nsearch b.org c.org\noptions edns0 trust-ad\n');

test('parseResolvConf() reads name servers, the last search and options', () => {
  assert.deepEqual(host, { nameservers: ['127.0.0.53', '9.9.9.9'], search: ['b.org', 'c.org'], options: ['edns0', 'trust-ad'] });
});

test('containerResolver() leaves the host\'s loopback servers out, but not those asked for', () => {
  assert.deepEqual(containerResolver(host, {}).nameservers, ['9.9.9.9']);
  assert.deepEqual(containerResolver(host, { dns: ['127.0.0.1'] }).nameservers, ['127.0.0.1']);
});

test('containerResolver() takes what was asked for value by value; a dot clears the search', () => {
  assert.deepEqual(containerResolver(host, { dnsSearch: ['x.org'], dnsOptions: ['ndots:2'] }), { nameservers: ['9.9.9.9'], search: ['x.org'], options: ['ndots:2'] });
  assert.deepEqual(containerResolver(host, { dnsSearch: ['.'] }).search, []);
});

test('resolvConfText() says where the parts come from, as Docker does', () => {
  const lines = (asked: ResolverOrigin['asked'], more: Partial<ResolverOrigin> = {}): string[] => {
    const settings = containerResolver(host, asked);
    return resolvConfText(more.upstreams === undefined ? settings : throughEmbedded(settings), { hostFile: '/etc/resolv.conf', asked, ...more }).split('\n').slice(4, -1);
  };
  assert.deepEqual(lines({}), ['nameserver 9.9.9.9', 'search b.org c.org', 'options edns0 trust-ad', '', "# Based on host file: '/etc/resolv.conf' (legacy)", '# Overrides: []']);
  assert.deepEqual(lines({}, { upstreams: ['9.9.9.9'] }).slice(2), [
    'options edns0 trust-ad ndots:0', '', "# Based on host file: '/etc/resolv.conf' (internal resolver)", '# ExtServers: [host(9.9.9.9)]', '# Overrides: []', '# Option ndots from: internal',
  ]);
  assert.deepEqual(lines({ dns: ['1.1.1.1', 'fd00::1'], dnsSearch: ['.'], dnsOptions: ['ndots:3'] }, { upstreams: ['1.1.1.1', 'fd00::1'] }), [
    'nameserver 127.0.0.11', 'options ndots:3', '', "# Based on host file: '/etc/resolv.conf' (internal resolver)", '# ExtServers: [1.1.1.1 fd00::1]', '# Overrides: [nameservers search options]', '# Option ndots from: override',
  ]);
  assert.deepEqual(lines({ dns: ['1.1.1.1'] }, { sharesHost: true }).slice(3), ['', "# Based on host file: '/etc/resolv.conf'", '# Overrides: [nameservers]']);
});
