import { textOf } from '../../api/client/transport.ts';
import { GantryError } from '../../base/errors.ts';
import type { Context } from '../context.ts';

interface WaitAnswer { StatusCode: number; Error?: { Message?: string } | null }

/**
 * Registers the wait (it counts from the moment this resolves) and returns the future exit code.
 * The engine sends the head of its answer at once, so a start that follows cannot be missed.
 */
export async function registerWait(context: Context, container: string, condition?: 'next-exit' | 'removed'): Promise<{ exitCode: Promise<number> }> {
  const response = await context.api.send({ method: 'POST', path: `/containers/${container}/wait`, query: { condition } });
  const exitCode = textOf(response).then((text) => {
    const answer = JSON.parse(text) as WaitAnswer;
    const problem = answer.Error?.Message;
    if (problem !== undefined && problem !== '') throw new GantryError('internal', problem);
    return answer.StatusCode;
  });
  exitCode.catch(() => undefined);
  return { exitCode };
}
