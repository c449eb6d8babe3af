import type { HostFacts } from '../../facts/host-facts.ts';
import { finding, ok, type Finding } from '../check.ts';

/** What each limit is made of, in either version's words. */
const limits: { option: string; v1: string; v2: string }[] = [
  { option: '--memory', v1: 'memory', v2: 'memory' },
  { option: '--cpus', v1: 'cpu', v2: 'cpu' },
  { option: '--cpuset-cpus', v1: 'cpuset', v2: 'cpuset' },
  { option: '--pids-limit', v1: 'pids', v2: 'pids' },
  { option: '--blkio-weight', v1: 'blkio', v2: 'io' },
];

export function cgroupFindings({ cgroups }: HostFacts): Finding[] {
  if (cgroups.version === 'none') return [finding('cgroups', 'fail', 'no control groups are mounted', 'Run as root: gantry setup')];
  const findings: Finding[] = [];
  if (cgroups.readOnly.length > 0) {
    findings.push(finding('cgroups', 'fail', `mounted read-only: ${cgroups.readOnly.join(', ')}`, 'Mount them writable; where this host is a container itself, start it with --privileged.'));
  }
  if (cgroups.unmounted.length > 0) {
    findings.push(finding('cgroups', 'warn', `v1, but these controllers are not mounted: ${cgroups.unmounted.join(', ')}`, 'Run as root: gantry setup'));
  }
  const version = cgroups.version;
  const lost = limits.filter((limit) => !cgroups.controllers.includes(limit[version]) && !cgroups.unmounted.includes(limit[version]));
  if (lost.length > 0) {
    const remedy = version === 'v2' ? 'Boot without cgroup_disable=, and let systemd delegate all controllers.' : 'Boot without cgroup_disable=.';
    findings.push(finding('limits', 'warn', `this kernel cannot do ${lost.map((limit) => limit.option).join(', ')}`, remedy));
  }
  return findings.length > 0 ? findings : [ok('cgroups', `${version}: ${cgroups.controllers.join(' ')}`)];
}
