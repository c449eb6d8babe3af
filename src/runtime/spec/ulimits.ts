import { GantryError } from '../../base/errors.ts';
import type { Resources } from '../../oci/container.ts';
import { checkUlimit, unlimited, type Ulimit } from '../../oci/ulimit.ts';
import type { HostFacts } from './spec-input.ts';

export interface Rlimit { type: string; soft: number; hard: number }

/** What Docker's service file gives containers, when nothing is asked. */
const defaultOpenFiles = 1_048_576;
/** RLIM_INFINITY in the OCI spec: no JavaScript number, so it is written raw. */
const infinity = (JSON as unknown as { rawJSON: (text: string) => object }).rawJSON('18446744073709551615') as unknown as number;

/** @throws invalid for an unknown name, soft above hard, or more than this host can give */
export function ulimitsOf(ulimits: Resources['ulimits'], facts: HostFacts): Rlimit[] {
  const asked = (ulimits ?? []).map((ulimit) => possibleUlimit(checkUlimit(ulimit), facts));
  if (asked.some(({ type }) => type === 'RLIMIT_NOFILE')) return asked;
  const openFiles = Math.min(defaultOpenFiles, facts.hardLimits.nofile);
  return [...asked, { type: 'RLIMIT_NOFILE', soft: openFiles, hard: openFiles }];
}

/** What this host can give of a limit. */
export function mostOf(name: string, { hardLimits, capabilities }: Pick<HostFacts, 'hardLimits' | 'capabilities'>): number {
  if (capabilities.includes('CAP_SYS_RESOURCE')) return Infinity;
  return name === 'nofile' || name === 'nproc' ? hardLimits[name] : Infinity;
}

function possibleUlimit({ name, soft, hard }: Ulimit, facts: HostFacts): Rlimit {
  const most = mostOf(name, facts);
  if ((hard === unlimited ? Infinity : hard) > most) {
    throw new GantryError('invalid', `ulimit ${name}: the hard limit ${hard} is more than the ${most} that this host can give`, {
      hint: 'Raise the limit of the daemon, or give it CAP_SYS_RESOURCE.',
    });
  }
  return { type: `RLIMIT_${name.toUpperCase()}`, soft: soft === unlimited ? infinity : soft, hard: hard === unlimited ? infinity : hard };
}
