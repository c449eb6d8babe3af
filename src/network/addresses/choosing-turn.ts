import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf } from '../../base/errors.ts';

/** An abstract name: it belongs to the network namespace, as routes do, and goes with the process that holds it. */
const turnName = '\0gantry-chooses-a-subnet';
const pauseMs = 10;
/** Any program may take the name: one that holds it for longer than a choice takes is no engine, and is not waited for. */
const patienceMs = 10_000;

/**
 * Runs `act`, which looks at the host's routes, chooses a subnet and makes its bridge, while no other engine of this network namespace does: two that
 * start in one moment would both find the same subnet free.
 */
export async function inChoosingTurn<T>(act: () => Promise<T>): Promise<T> {
  const began = performance.now();
  let turn = await takeTurn();
  while (turn === undefined && performance.now() - began < patienceMs) {
    await delay(pauseMs);
    turn = await takeTurn();
  }
  try {
    return await act();
  } finally {
    turn?.[Symbol.dispose]();
  }
}

/** Undefined while somebody else has it. A host that forbids such names has no turns. */
async function takeTurn(): Promise<Disposable | undefined> {
  const server = createServer((socket) => socket.destroy());
  const { promise, resolve } = Promise.withResolvers<Disposable | undefined>();
  const turn = { [Symbol.dispose]: () => void server.close() };
  server.once('error', (error) => resolve(errnoOf(error) === 'EADDRINUSE' ? undefined : turn));
  server.listen(turnName, () => resolve(turn));
  return await promise;
}
