import { GantryError, messageOf } from '../../base/errors.ts';
import type { HostConfig } from '../../oci/container.ts';
import { normalizeCapabilities } from './capabilities.ts';
import { parseRule } from './devices.ts';
import { seccompProfile } from './seccomp.ts';
import { apparmorProfile, parseSecurityOptions } from './security-options.ts';
import type { HostFacts } from './spec-input.ts';
import { sysctlNamespace } from './sysctls.ts';
import { ulimitsOf } from './ulimits.ts';

/**
 * What the spec of a container would refuse, asked when it is created: before anything exists. The sentences are Docker's.
 * @throws invalid
 */
export function checkSecurity(host: HostConfig, facts: HostFacts): void {
  named('invalid CapAdd', () => normalizeCapabilities(host.capAdd ?? [], facts.capabilities));
  named('invalid CapDrop', () => normalizeCapabilities(host.capDrop ?? [], facts.capabilities));
  const security = parseSecurityOptions(host.securityOpt ?? []);
  const { seccomp } = security;
  apparmorProfile(security, facts);
  if (seccomp !== undefined) seccompProfile(seccomp, [], facts);
  for (const rule of host.deviceCgroupRules ?? []) parseRule(rule);
  for (const key of Object.keys(host.sysctls ?? {})) {
    if (sysctlNamespace(key) === undefined) throw new GantryError('invalid', `sysctl '${key}' is not allowed`);
  }
  for (const path of [...(host.maskedPaths ?? []), ...(host.readonlyPaths ?? [])]) {
    if (!path.startsWith('/')) throw new GantryError('invalid', `${path} is not an absolute path`);
  }
  ulimitsOf(host.ulimits, facts);
}

function named(prefix: string, act: () => unknown): void {
  try {
    act();
  } catch (cause) {
    throw new GantryError('invalid', `${prefix}: ${messageOf(cause)}`, { cause });
  }
}
