import type { HostFacts } from '../facts/host-facts.ts';
import type { Need } from '../facts/needs.ts';

/** One thing that set-up does, in the order it is done. */
export type SetupStep =
  | { act: 'installPackages'; packages: string[]; whys: string[] }
  | { act: 'mountControllers'; controllers: string[] }
  | { act: 'mountUnified' }
  | { act: 'makeImage' }
  | { act: 'fetchCompose' }
  | { act: 'installService' };

export interface SetupPlan {
  steps: SetupStep[];
  /** What only the person can do, each a whole sentence with the command. Not empty: set-up ends with an error. */
  byHand: string[];
}

export interface SetupOptions {
  /** Packages can be installed here. */
  apt: boolean;
  /** The embedded image is there and current. */
  image: boolean;
  /** Tests want Compose, and it has not been fetched yet. */
  compose?: boolean;
  /** The person wants a service; systemd is there to run it, or is not. */
  service?: 'systemd' | 'nobody';
}

/** Decides what a host lacks. */
export function planSetup(facts: HostFacts, needs: Need[], { apt, image, compose, service }: SetupOptions): SetupPlan {
  const missing = needs.filter((need) => !need.present());
  const plan: SetupPlan = { steps: [], byHand: [] };
  if (missing.length > 0) planPackages(plan, facts, missing, apt);
  planCgroups(plan, facts);
  if (facts.root && !image) plan.steps.push({ act: 'makeImage' });
  if (compose === true && apt) plan.steps.push({ act: 'fetchCompose' });
  if (service === 'nobody') plan.byHand.push("systemd does not run this host: have your own service manager start 'gantry daemon'.");
  else if (service === 'systemd' && !facts.root) plan.byHand.push('A service is set up by root: gantry setup --service');
  else if (service === 'systemd') plan.steps.push({ act: 'installService' });
  return plan;
}

function planPackages(plan: SetupPlan, facts: HostFacts, missing: Need[], apt: boolean): void {
  if (apt && facts.root) {
    plan.steps.push({ act: 'installPackages', packages: missing.map((need) => need.packages.debian), whys: missing.map((need) => need.why) });
    return;
  }
  const names = missing.map((need) => `${need.name} (${need.why})`).join(', ');
  plan.byHand.push(`Missing on this host: ${names}. Install with: ${installCommand(facts, missing)}`);
}

function installCommand(facts: HostFacts, missing: Need[]): string {
  const packages = (family: keyof Need['packages']): string => missing.map((need) => plainName(need.packages[family])).join(' ');
  if (facts.families.some((name) => ['fedora', 'rhel', 'centos'].includes(name))) return `sudo dnf install ${packages('fedora')}`;
  if (facts.families.includes('arch')) return `sudo pacman -S ${packages('arch')}`;
  if (facts.families.some((name) => ['debian', 'ubuntu'].includes(name))) return `sudo apt-get install ${packages('debian')}`;
  return `your package manager (Debian calls them: ${packages('debian')})`;
}

/** Of alternatives, `a | b`, the one that most releases have. */
export function plainName(name: string): string {
  return name.split(' | ').at(-1) as string;
}

function planCgroups(plan: SetupPlan, facts: HostFacts): void {
  const { version, unmounted } = facts.cgroups;
  if (version === 'none') {
    if (facts.root) plan.steps.push({ act: 'mountUnified' });
    else plan.byHand.push('No control groups are mounted. As root: mount -t cgroup2 none /sys/fs/cgroup');
  }
  if (unmounted.length === 0) return;
  if (facts.root) plan.steps.push({ act: 'mountControllers', controllers: unmounted });
  else plan.byHand.push(`Control group controllers are not mounted: ${unmounted.join(', ')}. As root: gantry setup`);
}
