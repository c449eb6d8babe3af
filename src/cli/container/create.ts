import { atLeast, define } from '../command.ts';
import { createFlags } from './body/flags.ts';
import { describe, ExitError, fromDaemon } from '../errors.ts';
import { NotCreated, createContainer } from './create-container.ts';

export const command = define({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  flags: createFlags,
  arity: atLeast(1),
  interspersed: false,
  failure: 125,
  names: 'image',
  examples: [['A container to start later', 'gantry create --name job gantry/busybox echo done']],
  async run({ context, flags, given, args }) {
    const { id } = await createContainer({ context, flags, given, args, signal: context.interruptible() }).catch((error: unknown) => {
      // 125 is for what was typed; `docker create` leaves with 1 where the engine or the id file refuses, other than `run`.
      throw fromDaemon(error) || error instanceof NotCreated ? new ExitError(1, describe(error)) : error;
    });
    context.print(id);
  },
});
