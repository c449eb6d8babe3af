import { hasKind } from '../../base/errors.ts';
import { atLeast, define } from '../command.ts';
import { describe, ExitError } from '../errors.ts';
import { bool, list } from '../grammar/flag.ts';
import { imagePath, platformQuery } from './image-path.ts';

export const command = define({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  flags: {
    force: bool('Force removal of the image', { short: 'f' }),
    'no-prune': bool('Do not delete untagged parents'),
    platform: list('Remove only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")'),
  },
  arity: atLeast(1),
  names: 'image',
  examples: [['Every image that no name leads to', 'gantry rmi $(gantry images -q -f dangling=true)']],
  async run({ context, flags, args }) {
    const platforms = flags.platform.map((platform) => platformQuery(platform) ?? '');
    const failures: unknown[] = [];
    for (const name of args) {
      try {
        const report = await context.api.json<{ Untagged?: string; Deleted?: string }[]>({ method: 'DELETE', path: `/images/${imagePath(name)}`, query: { force: flags.force || undefined, noprune: flags['no-prune'] || undefined, platforms } });
        for (const { Untagged: untagged, Deleted: deleted } of report) context.print(deleted === undefined || deleted === '' ? `Untagged: ${untagged}` : `Deleted: ${deleted}`);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 0) return;
    const fatal = !flags.force || failures.some((error) => !hasKind(error, 'notFound'));
    const message = failures.map(describe).join('\n');
    if (fatal) throw new ExitError(1, message);
    context.warn(message);
  },
});
