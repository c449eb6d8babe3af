import { atLeast, define } from '../command.ts';
import { hasKind } from '../../base/errors.ts';
import { each, segment } from '../each.ts';
import { bool } from '../grammar/flag.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags: {
    force: bool('Force the removal of a running container (uses SIGKILL)', { short: 'f' }),
    link: bool('Remove the specified link', { short: 'l' }),
    volumes: bool('Remove anonymous volumes associated with the container', { short: 'v' }),
  },
  arity: atLeast(1),
  names: 'container',
  examples: [['A running container and its anonymous volumes', 'gantry rm -fv web']],
  async run({ context, flags, args }) {
    await each(context, args, async (name) => {
      if (name.replace(/^\/+/, '') === '') throw new Error('container name cannot be empty');
      try {
        await context.api.done({ method: 'DELETE', path: `/containers/${segment(name)}`, query: { force: flags.force || undefined, link: flags.link || undefined, v: flags.volumes || undefined } });
      } catch (error) {
        // What is gone already is what --force asks for.
        if (!flags.force || !hasKind(error, 'notFound')) throw error;
        context.warn(`Error response from daemon: ${(error as Error).message}`);
        return undefined;
      }
      return name;
    }, { together: true });
  },
});
