import { define, exactly } from '../command.ts';
import { GantryError } from '../../base/errors.ts';
import { completionScript } from '../grammar/completion.ts';

export const command = define({
  usage: 'SHELL',
  flags: {},
  arity: exactly(1),
  examples: [['For this shell', 'source <(gantry completion bash)'], ['For every shell to come', 'gantry completion fish > ~/.config/fish/completions/gantry.fish']],
  async run({ context, args }) {
    const script = await completionScript(args[0] ?? '');
    if (script === undefined) throw new GantryError('invalid', `no completion for the shell ${JSON.stringify(args[0])}`, { hint: 'There are scripts for bash, zsh and fish.' });
    context.stdout.write(script);
  },
});
