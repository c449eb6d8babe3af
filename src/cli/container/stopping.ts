import { GantryError } from '../../base/errors.ts';
import { each, segment } from '../each.ts';
import { text } from '../grammar/flag.ts';
import { int } from '../grammar/numbers.ts';
import type { Invocation } from '../command.ts';

/** How a container is asked to end: flags of `stop` and `restart`. */
export const stopFlags = {
  signal: text('Signal to send to the container', { short: 's' }),
  time: int('Seconds to wait before killing the container', { hidden: true }),
  timeout: int('Seconds to wait before killing the container', { short: 't' }),
};

/** Asks each container, to restart one after the other, and prints its name when it is done. */
export async function eachByStopping(verb: 'stop' | 'restart', { context, flags, given, args }: Invocation<typeof stopFlags>): Promise<void> {
  if (given.has('time')) context.print('Flag --time has been deprecated, use --timeout instead');
  if (given.has('timeout') && given.has('time')) throw new GantryError('invalid', 'conflicting options: cannot specify both --timeout and --time');
  const t = given.has('timeout') ? flags.timeout : given.has('time') ? flags.time : undefined;
  context.interruptible();
  await each(context, args, async (name) => {
    await context.api.done({ method: 'POST', path: `/containers/${segment(name)}/${verb}`, query: { signal: flags.signal || undefined, t } });
    return name;
  }, { together: verb === 'stop' });
}
