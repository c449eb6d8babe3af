import { GantryError, hasKind, messageOf } from '../../base/errors.ts';
import { atLeast, define } from '../command.ts';
import type { Context } from '../context.ts';
import { segment } from '../each.ts';
import { fromDaemon } from '../errors.ts';
import { bool, text } from '../grammar/flag.ts';
import { imagePath } from '../image/image-path.ts';
import { foundAt, inspectObjects, type Found } from '../inspect-objects.ts';

interface Kind { path: (name: string) => string; type: string; hasSize?: boolean; ofSwarm?: boolean }

/** In the order in which a bare name is tried. */
const kinds: Readonly<Record<string, Kind>> = {
  container: { path: (name) => `/containers/${segment(name)}/json`, type: 'container.InspectResponse', hasSize: true },
  image: { path: (name) => `/images/${imagePath(name)}/json`, type: 'image.InspectResponse' },
  network: { path: (name) => `/networks/${segment(name, 'network')}`, type: 'network.Inspect' },
  volume: { path: (name) => `/volumes/${segment(name, 'volume')}`, type: 'volume.Volume' },
  service: { path: (name) => `/services/${segment(name, 'service')}`, type: 'any', ofSwarm: true },
  task: { path: (name) => `/tasks/${segment(name, 'task')}`, type: 'any', ofSwarm: true },
  node: { path: (name) => `/nodes/${segment(name, 'node')}`, type: 'any', ofSwarm: true },
  plugin: { path: (name) => `/plugins/${segment(name, 'plugin')}/json`, type: 'any' },
  secret: { path: (name) => `/secrets/${segment(name, 'secret')}`, type: 'any', ofSwarm: true },
  config: { path: (name) => `/configs/${segment(name, 'config')}`, type: 'any', ofSwarm: true },
};

const choices = `must be one of ${Object.keys(kinds).sort().map((kind) => `"${kind}"`).join(', ')}`;

export const command = define({
  usage: '[OPTIONS] NAME|ID [NAME|ID...]',
  flags: {
    format: text("Format output: 'json' or a Go template", { short: 'f', choices: ['json'] }),
    size: bool('Display total file sizes if the type is container', { short: 's' }),
    type: text('Only inspect objects of the given type', { choices: Object.keys(kinds) }),
  },
  arity: atLeast(1),
  names: 'container',
  examples: [['The exit code of a container', "gantry inspect -f '{{.State.ExitCode}}' job"], ['A volume that shares its name with a container', 'gantry inspect --type volume data']],
  async run({ context, flags, args, given }) {
    if (given.has('type') && flags.type === '') throw new GantryError('invalid', `type is empty: ${choices}`);
    if (flags.type !== '' && !Object.hasOwn(kinds, flags.type)) throw new GantryError('invalid', `unknown type: ${JSON.stringify(flags.type)}: ${choices}`);
    await inspectObjects(context, args, { format: flags.format, fetch: (name) => (flags.type === '' ? anything(context, name, flags.size) : one(context, name, { kind: flags.type, size: flags.size })) });
  },
});

async function one(context: Context, name: string, { kind, size }: { kind: string; size: boolean }): Promise<Found> {
  const { path, type, hasSize = false } = kinds[kind]!;
  const found = await foundAt(context, type, { path: path(name), query: { size: (size && hasSize) || undefined } });
  if (size && !hasSize) context.warn(`WARNING: --size ignored for ${kind}`);
  return found;
}

/** Objects of a swarm are not tried: this engine is part of none. */
async function anything(context: Context, name: string, size: boolean): Promise<Found> {
  for (const [kind] of Object.entries(kinds).filter(([, { ofSwarm = false }]) => !ofSwarm)) {
    try {
      return await one(context, name, { kind, size });
    } catch (error) {
      // An odd name is bad for one kind of object and right for another.
      if (!hasKind(error, 'notFound') && !/not supported|invalid reference format/.test(messageOf(error)) && !(hasKind(error, 'invalid') && fromDaemon(error))) throw error;
    }
  }
  throw new GantryError('notFound', `Error: No such object: ${name}`);
}
