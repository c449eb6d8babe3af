import { findProgram } from '../../../host/find-program.ts';
import { finding, ok, type Finding } from '../check.ts';

/** The process 1 of `--init`. */
export function initFinding(path = findProgram('tini-static')): Finding {
  if (path !== undefined) return ok('init', path);
  return finding('init', 'warn', '--init cannot be given: tini-static is not installed', 'Run as root: gantry setup');
}
