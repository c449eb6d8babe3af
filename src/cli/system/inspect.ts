import { GantryError, hasKind } from '../../base/errors.ts';
import { atLeast, define } from '../command.ts';
import type { Context } from '../context.ts';
import { segment } from '../each.ts';
import { bool, text } from '../grammar/flag.ts';
import { imagePath } from '../image/image-path.ts';
import { inspectObjects } from '../inspect-objects.ts';

/** In the order in which a bare name is tried. */
const paths: Readonly<Record<string, (name: string) => string>> = {
  container: (name) => `/containers/${segment(name)}/json`,
  image: (name) => `/images/${imagePath(name)}/json`,
  network: (name) => `/networks/${segment(name)}`,
  volume: (name) => `/volumes/${segment(name)}`,
};

export const command = define({
  usage: '[OPTIONS] NAME|ID [NAME|ID...]',
  flags: {
    format: text("Format output: 'json' or a Go template", { short: 'f', choices: ['json'] }),
    size: bool('Display total file sizes if the type is container', { short: 's' }),
    type: text('Only inspect objects of the given type', { choices: Object.keys(paths) }),
  },
  arity: atLeast(1),
  names: 'container',
  examples: [['The exit code of a container', "gantry inspect -f '{{.State.ExitCode}}' job"], ['A volume that shares its name with a container', 'gantry inspect --type volume data']],
  async run({ context, flags, args, given }) {
    if (given.has('type') && flags.type === '') throw new GantryError('invalid', 'type is empty: must be one of "container", "image", "network", "volume"');
    if (flags.type !== '' && !Object.hasOwn(paths, flags.type)) throw new GantryError('invalid', `unknown type: ${JSON.stringify(flags.type)}: must be one of "container", "image", "network", "volume"`);
    const query = { size: flags.size || undefined };
    await inspectObjects(context, args, { format: flags.format, fetch: (name) => (flags.type === '' ? anything(context, name, query) : context.api.json({ path: paths[flags.type]?.(name) ?? '', query })) });
  },
});

async function anything(context: Context, name: string, query: { size: boolean | undefined }): Promise<unknown> {
  for (const path of Object.values(paths)) {
    try {
      return await context.api.json({ path: path(name), query });
    } catch (error) {
      // An odd name is bad for one kind of object and right for another.
      if (!hasKind(error, 'notFound') && !hasKind(error, 'invalid')) throw error;
    }
  }
  throw new GantryError('notFound', `Error: No such object: ${name}`);
}
