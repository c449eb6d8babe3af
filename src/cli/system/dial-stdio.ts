import { pipeline } from 'node:stream/promises';
import { define, none } from '../command.ts';

export const command = define({
  usage: '',
  flags: {},
  arity: none,
  async run({ context }) {
    const stream = await context.api.connect();
    const input = pipeline(context.stdin, stream);
    input.catch(() => undefined);
    await pipeline(stream, context.stdout, { end: false });
  },
});
