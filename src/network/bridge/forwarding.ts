import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { readSysctl, writeSysctl } from '../../host/sysctl.ts';

/** Makes the host a router for containers, and notes what it was before in `sysctl-before.json` of the run directory, once. */
export function enableForwarding(runDirectory: string, log: Log, options: { ipv6: boolean }): void {
  const before = { ipv4: readSysctl('net/ipv4/ip_forward'), ipv6: readSysctl('net/ipv6/conf/all/forwarding') };
  try {
    writeFileSync(join(runDirectory, 'sysctl-before.json'), JSON.stringify(before), { flag: 'wx', mode: 0o600 });
  } catch {
    // An earlier daemon of this instance noted it.
  }
  if (before.ipv4 === '0') {
    turnOn('net/ipv4/ip_forward');
    log.info('IPv4 forwarding is on now: containers need it');
  }
  if (options.ipv6 && before.ipv6 === '0') enableIpv6Forwarding(log);
}

/** @throws unavailable where /proc/sys is read-only, as in most containers */
function turnOn(setting: string): void {
  try {
    writeSysctl(setting, '1');
  } catch (cause) {
    const name = setting.replaceAll('/', '.');
    throw new GantryError('unavailable', `${name} is off, and cannot be turned on: ${messageOf(cause)}`, { cause, hint: `Containers need it. Turn it on from outside: sysctl -w ${name}=1` });
  }
}

/** A router ignores router advertisements unless accept_ra is 2: without this the host would lose its own default route. */
function enableIpv6Forwarding(log: Log): void {
  for (const link of readdirSync('/proc/sys/net/ipv6/conf')) {
    const setting = `net/ipv6/conf/${link}/accept_ra`;
    if (readSysctl(setting) === '1') writeSysctl(setting, '2');
  }
  turnOn('net/ipv6/conf/all/forwarding');
  log.info('IPv6 forwarding is on now: a network uses IPv6');
}
