import { any, define } from '../command.ts';
import { inspectObjects } from '../inspect-objects.ts';
import { text } from '../grammar/flag.ts';
import { currentName, lookUp } from './current.ts';

export const command = define({
  usage: '[OPTIONS] [CONTEXT] [CONTEXT...]',
  flags: { format: text("Format output: 'json' or a Go template", { short: 'f', choices: ['json'] }) },
  arity: any,
  examples: [['The address of the current one', "gantry context inspect -f '{{.Endpoints.docker.Host}}'"]],
  async run({ context, flags, args }) {
    await inspectObjects(context, args.length === 0 ? [currentName(context)] : args, { format: flags.format, fetch: async (name) => lookUp(context, name) });
  },
});
