import { isDeepStrictEqual } from 'node:util';
import { GantryError } from '../base/errors.ts';

type Settings = Record<string, unknown>;

/** What the engine always does, and what it never does: settings may say so, and nothing else. */
const fixed: Record<string, { only: unknown; why: string }> = {
  'live-restore': { only: true, why: 'containers go on without the engine, always' },
  'storage-driver': { only: 'overlay2', why: 'root filesystems are overlays' },
  'selinux-enabled': { only: false, why: 'no labels are given to files and processes' },
  'ip-forward': { only: true, why: 'networks need the host to forward' },
  iptables: { only: true, why: 'published ports, masquerading and the isolation of networks are rules of the firewall, in a table of the engine\'s own' },
  ip6tables: { only: true, why: 'published ports and the isolation of networks are rules of the firewall, in a table of the engine\'s own' },
  experimental: { only: false, why: 'there is nothing experimental to switch on' },
};

/** Keys of the configuration file: their values are checked with what is wrong in a sentence, by `refuseOtherThanFixed`. */
export const fixedKeys: Record<string, (value: unknown) => boolean> = Object.fromEntries(Object.keys(fixed).map((key) => [key, () => true]));

/** As options of `parseArgs`. */
export const fixedFlags = {
  'live-restore': { type: 'boolean' }, 'storage-driver': { type: 'string', short: 's' }, 'selinux-enabled': { type: 'boolean' }, 'ip-forward': { type: 'boolean' },
  iptables: { type: 'boolean' }, ip6tables: { type: 'boolean' }, experimental: { type: 'boolean' },
} as const;

export const fixedUsage = `  --live-restore, --storage-driver overlay2, --ip-forward, --iptables, --ip6tables, --selinux-enabled=false, --experimental=false
                              what is always so here may be said, and nothing else
`;

/** @throws invalid for what this engine does not do, naming it and why */
export function refuseOtherThanFixed(settings: Settings): void {
  for (const [key, { only, why }] of Object.entries(fixed)) {
    if (settings[key] === undefined || isDeepStrictEqual(settings[key], only)) continue;
    throw new GantryError('invalid', `${key} cannot be ${JSON.stringify(settings[key])}: here it is always ${JSON.stringify(only)} (${why})`);
  }
}
