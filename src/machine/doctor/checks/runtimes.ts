import { readFileSync } from 'node:fs';
import { probeRuntime } from '../../../host/runtime-probe.ts';
import { findProgram } from '../../../host/find-program.ts';
import { isStaticExecutable } from '../../facts/static-executable.ts';
import { finding, ok, type Finding } from '../check.ts';

/** Runs `true` with each runtime. */
export async function runtimeFindings(): Promise<Finding[]> {
  const busybox = findProgram('busybox');
  if (busybox === undefined || !isStaticExecutable(readFileSync(busybox))) {
    return [finding('runtimes', 'warn', 'not tried: there is no static busybox', 'Run as root: gantry setup')];
  }
  const findings: Finding[] = [];
  for (const name of ['crun', 'runc']) findings.push(await tryRuntime(name, busybox));
  return judge(findings);
}

/** One that works is enough; where none does, no container runs, and there is no other to fall back on. */
export function judge(findings: Finding[]): Finding[] {
  if (findings.some(({ outcome }) => outcome === 'ok')) return findings;
  return findings.map((each) => ({ ...each, outcome: 'fail', remedy: each.outcome === 'note' ? each.remedy : nothingWorks }));
}

const nothingWorks = 'Mend what stands above, control groups first: gantry setup. Then install a newer one.';

async function tryRuntime(name: string, busybox: string): Promise<Finding> {
  const check = `runtime ${name}`;
  const path = findProgram(name);
  if (path === undefined) return finding(check, 'note', 'is not installed', 'Run as root: gantry setup');
  const said = await probeRuntime(path, busybox);
  if (said === undefined) return ok(check, `${path} runs a container here`);
  return finding(check, 'warn', `${path} does not work here: ${firstLine(said)}`, name === 'crun' ? 'Gantry uses runc instead. Control groups are the usual cause: gantry setup' : 'Install a newer runc.');
}

/** A runtime that panics tells its whole stack. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0] as string;
}
