import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { Box } from '../containers/box.ts';
import { inject, observe, struckAt, type Fault } from './inject.ts';
import { remainsOf } from './remains.ts';
import type { Answered, Scenario } from './scenarios.ts';

/** Calls that change something outside the process: between any two of them a kill can leave a half. */
export const changing = [
  'mkdir', 'mkdirat', 'rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'rmdir', 'link', 'linkat', 'symlink', 'symlinkat', 'mknod', 'mknodat',
  'fsync', 'fdatasync', 'syncfs', 'ftruncate', 'fallocate', 'pwrite64', 'pwritev', 'copy_file_range', 'mount', 'umount2', 'move_mount', 'setns', 'unshare',
  'sendto', 'sendmsg', 'write', 'writev', 'execve', 'clone', 'clone3', 'vfork',
].join(',');

/** How one fault went. */
export interface Struck {
  /** The call that it hit; undefined when the verb made fewer. */
  at: string | undefined;
  /** The verb's answer; undefined when there was none. */
  answer: Answered | undefined;
}

export const settled = [403, 404, 409];

/**
 * Does a scenario with a fault in its way, and then what a person would do: start the engine again if it died, ask again if there was no good answer.
 * @throws when something acknowledged is not there, cannot be done again, or leaves a trace
 */
export async function strike(box: Box, scenario: Scenario, fault: Fault): Promise<Struck> {
  const before = await restOf(box);
  await scenario.given?.(box);
  let answer: Answered | undefined;
  let at: string | undefined;
  {
    await using held = await inject(box.daemon.pid, fault);
    answer = await scenario.act(box).catch(diedOn);
    at = struckAt(await held.end(answer === undefined), fault);
  }
  assert.ok(answer !== undefined || fault.outcome === 'SIGKILL', `the engine died of ${at}`);
  if (answer === undefined) await box.daemon.crashAndRestart();
  assert.equal((await box.daemon.request('GET', '/_ping')).status, 200);
  if (!isGood(answer)) {
    const again = await scenario.act(box);
    assert.ok(isGood(again) || settled.includes(again.status), `asked again: ${again.status} ${again.text}`);
  }
  await scenario.holds(box);
  await scenario.tidy(box);
  await leavesNothing(box, before);
  return { at, answer };
}

/** Errors behind the head of a stream are no good answer either. */
export function isGood(answer: Answered | undefined): boolean {
  return answer !== undefined && answer.status < 400 && !/"error"/.test(answer.text);
}

export interface Point { call: string; nth: number; threads: Fault['threads'] }

/** All points of a scenario at which something changes, told by doing it once. */
export async function pointsOf(box: Box, scenario: Scenario, calls: string): Promise<Point[]> {
  const before = await restOf(box);
  await scenario.given?.(box);
  let lines: string[];
  {
    await using held = await observe(box.daemon.pid, calls);
    await scenario.act(box);
    lines = await held.end(false);
  }
  await scenario.holds(box);
  await scenario.tidy(box);
  // What is still on its way out is nothing that a strike finds.
  await leavesNothing(box, before);
  const made = lines.flatMap((line) => {
    const [, thread, call] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    return thread === undefined || call === undefined ? [] : [{ thread: Number(thread), call }];
  });
  const ofMain = ({ thread }: { thread: number }): boolean => thread === box.daemon.pid;
  return [
    ...points('main', made.filter(ofMain)),
    ...points('all', made.filter((each) => !ofMain(each))),
  ];
}

/** Threads that share their work make different numbers of calls each time: the most that one made counts. */
function points(threads: Point['threads'], made: readonly { thread: number; call: string }[]): Point[] {
  return [...Map.groupBy(made, ({ call }) => call)].flatMap(([call, each]) => {
    const most = Math.max(...Map.groupBy(each, ({ thread }) => thread).values().map(({ length }) => length));
    return Array.from({ length: most }, (_, index) => ({ call, nth: index + 1, threads }));
  });
}

/** @throws what is no sign of a dead engine */
function diedOn(error: unknown): undefined {
  const { code = '', cause } = error as { code?: string; cause?: { code?: string } };
  if (!['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(cause?.code ?? code)) throw error;
}

/** Work behind the answers is waited for: removals of trees, links on their way out. */
async function leavesNothing(box: Box, before: readonly string[]): Promise<void> {
  for (let round = 0; ; round++) {
    const now = remainsOf(box.daemon);
    const more = now.filter((line) => !before.includes(line));
    const less = before.filter((line) => !now.includes(line));
    if (more.length + less.length === 0) return;
    if (round === 300) assert.fail(`left: ${more.join('\n')}\nlost: ${less.join('\n')}`);
    await setTimeout(50);
  }
}

/** So many looks in a row that are alike: work in the background may stand still for a while when the machine is busy. */
const restLooks = 10;
const rests = new WeakMap<Box, string[]>();

/** What there is when nothing goes on. It is looked for once: whatever is done here ends in it again. */
async function restOf(box: Box): Promise<string[]> {
  const known = rests.get(box);
  if (known !== undefined) return known;
  let last = remainsOf(box.daemon);
  for (let alike = 0; alike < restLooks;) {
    await setTimeout(50);
    const now = remainsOf(box.daemon);
    alike = now.join() === last.join() ? alike + 1 : 0;
    last = now;
  }
  rests.set(box, last);
  return last;
}
