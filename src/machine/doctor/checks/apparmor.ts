import { textOf } from '../../facts/host-facts.ts';
import { finding, ok, type Finding } from '../check.ts';

/** @param enabled text of the kernel's own switch, '' where it has no AppArmor */
export function apparmorFinding(enabled = textOf('/sys/module/apparmor/parameters/enabled')): Finding {
  if (!enabled.startsWith('Y')) return ok('apparmor', 'off in this kernel; seccomp and capabilities confine containers');
  return finding('apparmor', 'note', 'on, but no profile is applied by default', 'Name one that is loaded: gantry run --security-opt apparmor=PROFILE');
}
