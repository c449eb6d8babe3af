import { GantryError, messageOf } from '../../base/errors.ts';
import type { ContainerDeps } from './deps.ts';
import { publishEvent } from './publish-event.ts';
import { cgroupPathOf } from './cgroup-path.ts';
import { isAlive, notRunning } from './transition.ts';

/** Runs the host's `ps` with the caller's options and keeps the lines of the container's processes. */
export async function top(deps: ContainerDeps, container: string, psArgs: string): Promise<{ titles: string[]; processes: string[][] }> {
  const record = deps.catalog.find(container);
  if (!isAlive(record.state)) throw record.state.status === 'restarting'
    ? new GantryError('conflict', `Container ${record.id} is restarting, wait until the container is running`)
    : notRunning(record.id);
  const args = (psArgs || '-ef').trim().split(/\s+/);
  refuseArguments(args);
  const pids = deps.cgroups.pids(cgroupPathOf(deps, record));
  let output: string;
  try {
    output = await runPs(deps, args, pids);
  } catch (cause) {
    // ps goes on with a page about its options.
    throw new GantryError('internal', `ps: ${messageOf(cause).split('\n', 1)[0]}`, { cause });
  }
  publishEvent(deps.events, record, 'top');
  return parsePs(output, new Set(pids));
}

/** Asks for these processes alone: forms like `ps l` show those of a terminal otherwise. Some options (`f`) take no list. */
async function runPs(deps: ContainerDeps, args: readonly string[], pids: readonly number[]): Promise<string> {
  try {
    return await deps.runPs([...args, `-q${pids.join(',')}`]);
  } catch {
    return await deps.runPs(args);
  }
}

/** Output formats that rename the pid column would make every line unrecognisable. */
function refuseArguments(args: readonly string[]): void {
  for (const arg of args) {
    const renamed = /(?:^|,)\s*([a-z]*)=([^,]+)/i.exec(arg.replace(/^-?o/, ''));
    if (renamed?.[2]?.toUpperCase().includes('PID') && renamed[1] !== 'pid') {
      throw new GantryError('internal', `specifying "${renamed[1]}=${renamed[2]}" is not allowed`);
    }
  }
}

/** The header and the lines whose PID is wanted; the last column keeps its spaces. @throws internal when there is no PID column. */
export function parsePs(output: string, pids: ReadonlySet<number>): { titles: string[]; processes: string[][] } {
  const [header = '', ...lines] = output.split('\n').filter((line) => line !== '');
  const titles = header.trim().split(/\s+/);
  const column = titles.indexOf('PID');
  if (column === -1) throw new GantryError('internal', "Couldn't find PID field in ps output");
  const processes: string[][] = [];
  for (const line of lines) {
    const words = line.trim().split(/\s+/);
    if (!pids.has(Number(words[column]))) continue;
    const last = titles.length - 1;
    processes.push([...words.slice(0, last), words.slice(last).join(' ')]);
  }
  return { titles, processes };
}
