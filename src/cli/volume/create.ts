import { atMost, define } from '../command.ts';
import { checkLabel, toMap } from '../container/body/lists.ts';
import { list, text } from '../grammar/flag.ts';

export const command = define({
  usage: '[OPTIONS] [VOLUME]',
  flags: {
    driver: text('Specify volume driver name', { short: 'd', initial: 'local' }),
    label: list('Set metadata for a volume', { check: checkLabel }),
    name: text('Specify volume name', { hidden: true }),
    opt: list('Set driver specific options', { short: 'o', type: 'map' }),
  },
  arity: atMost(1),
  examples: [['In memory', 'gantry volume create -o type=tmpfs -o device=tmpfs -o o=size=64m scratch']],
  async run({ context, flags, args }) {
    if (args[0] !== undefined && flags.name !== '') throw new Error('conflicting options: cannot specify a volume-name through both --name and as a positional arg');
    const { Name: name } = await context.api.json<{ Name: string }>({
      method: 'POST', path: '/volumes/create',
      json: { Driver: flags.driver, DriverOpts: toMap(flags.opt), Labels: toMap(flags.label), Name: args[0] ?? flags.name },
    });
    context.print(name);
  },
});
