import { GantryError } from '../../base/errors.ts';
import { parseBoolean } from '../../base/parse-boolean.ts';
import type { HostFacts } from './spec-input.ts';

export interface SecurityOptions {
  noNewPrivileges: boolean;
  /** Undefined where nothing was said: then they are as privileged as the container. */
  writableCgroups: boolean | undefined;
  /** `unconfined`, or the text of a profile. */
  seccomp?: string;
  apparmor?: string;
}

/** Reads `--security-opt`. SELinux labels mean nothing without SELinux: only `label=disable` is taken. @throws invalid */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  const result: SecurityOptions = { noNewPrivileges: false, writableCgroups: undefined };
  for (const option of options) applyOption(result, option);
  return result;
}

/**
 * Only what is asked for by name, then in a privileged container too: no profile of ours is loaded into the kernel.
 * @throws invalid where no profile can be applied
 */
export function apparmorProfile({ apparmor }: SecurityOptions, facts: HostFacts): string | undefined {
  if (apparmor === undefined || apparmor === '' || apparmor === 'unconfined') return undefined;
  if (!facts.apparmor) throw new GantryError('invalid', `AppArmor is not enabled on this host: cannot apply the profile ${apparmor}`);
  return apparmor;
}

function applyOption(result: SecurityOptions, option: string): void {
  if (option === 'disable') return;
  const separator = option.includes('=') ? '=' : ':';
  const at = option.indexOf(separator);
  const [key, value] = at === -1 ? [option, undefined] : [option.slice(0, at), option.slice(at + 1)];
  switch (key) {
    case 'no-new-privileges': result.noNewPrivileges = truth(value ?? 'true', option); return;
    case 'writable-cgroups': result.writableCgroups = truth(value ?? 'true', option); return;
    case 'seccomp': if (value !== undefined) { result.seccomp = value; return; } break;
    case 'apparmor': if (value !== undefined) { result.apparmor = value; return; } break;
    case 'label': if (value === 'disable') return; break;
  }
  throw new GantryError('invalid', `invalid --security-opt ${value === undefined ? 1 : 2}: ${JSON.stringify(option)}`);
}

function truth(text: string, option: string): boolean {
  const found = parseBoolean(text);
  if (found === undefined) throw new GantryError('invalid', `invalid --security-opt 2: ${JSON.stringify(option)}`);
  return found;
}
