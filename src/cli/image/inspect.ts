import { atLeast, define } from '../command.ts';
import { text } from '../grammar/flag.ts';
import { foundAt, inspectObjects } from '../inspect-objects.ts';
import { imagePath, platformQuery } from './image-path.ts';

export const command = define({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  flags: {
    format: text("Format output: 'json' or a Go template", { short: 'f', choices: ['json'] }),
    platform: text('Inspect a specific platform of the multi-platform image'),
  },
  arity: atLeast(1),
  names: 'image',
  examples: [['Its command', "gantry image inspect -f '{{json .Config.Cmd}}' busybox"]],
  async run({ context, flags, args }) {
    const platform = platformQuery(flags.platform);
    await inspectObjects(context, args, { format: flags.format, fetch: (name) => foundAt(context, 'image.InspectResponse', { path: `/images/${imagePath(name)}/json`, query: { platform } }) });
  },
});
