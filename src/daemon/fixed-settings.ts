import { isDeepStrictEqual } from 'node:util';
import { GantryError } from '../base/errors.ts';
import { isRecord } from './value-kinds.ts';

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

/** Docker's other settings, with the values that ask for nothing: files carry them along. */
const foreign: Record<string, readonly unknown[]> = {
  'userns-remap': [''], 'metrics-addr': [''], bridge: [''], 'swarm-default-advertise-addr': [''], 'authorization-plugins': [[]], 'storage-opts': [[]], 'node-generic-resources': [[]],
  'cdi-spec-dirs': [[]], 'cpu-rt-period': [0], 'cpu-rt-runtime': [0], 'network-control-plane-mtu': [0, 1500], 'allow-direct-routing': [false], 'cri-containerd': [false], 'raw-logs': [false, true],
  'firewall-backend': ['', 'nftables'], bip6: [''], 'default-gateway': [''], 'default-gateway-v6': [''], 'userland-proxy-path': [''],
  containerd: [''], 'containerd-namespace': ['', 'moby'], 'containerd-plugin-namespace': ['', 'plugins.moby'], builder: [{}],
};

/** Keys of the configuration file: their values are checked with what is wrong in a sentence, by `refuseOtherThanFixed`. */
export const fixedKeys: Record<string, (value: unknown) => boolean> = Object.fromEntries([...Object.keys(fixed), ...Object.keys(foreign), 'features'].map((key) => [key, () => true]));

/** `{"buildkit": true}`: none that may be switched on or off is here. @throws invalid */
function refuseFeatures(features: unknown = {}): void {
  if (!isRecord(features)) throw new GantryError('invalid', `features cannot be ${JSON.stringify(features)}`);
  const wanted = Object.keys(features).find((name) => features[name] !== false);
  if (wanted !== undefined) throw new GantryError('invalid', `features: ${wanted} is not supported by this engine`);
}

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
  for (const [key, nothing] of Object.entries(foreign)) {
    if (settings[key] === undefined || nothing.some((value) => isDeepStrictEqual(value, settings[key]))) continue;
    throw new GantryError('invalid', `${key} is not supported by this engine: ${JSON.stringify(settings[key])}`);
  }
  refuseFeatures(settings['features']);
}
