import { GantryError } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import { bool, text } from '../grammar/flag.ts';
import { showProgress } from '../progress/show.ts';
import { authHeader, encodeAuth } from '../registry/credentials.ts';
import { imagePath, platformQuery } from './image-path.ts';
import { hasTagOrDigest, registryOf, splitReference } from './reference.ts';

export const command = define({
  usage: '[OPTIONS] NAME[:TAG]',
  flags: {
    'all-tags': bool('Push all tags of an image to the repository', { short: 'a' }),
    'disable-content-trust': bool('Skip image signing (images are never signed by Notary here)', { initial: true, hidden: true }),
    platform: text('Push a platform-specific manifest as a single-platform image to the registry'),
    quiet: bool('Suppress verbose output', { short: 'q' }),
  },
  arity: exactly(1),
  names: 'image',
  examples: [['Every tag of a repository', 'gantry push -a registry.example.com/team/web']],
  async run({ context, flags, args }) {
    const reference = args[0] ?? '';
    if (flags['all-tags'] && hasTagOrDigest(reference)) throw new GantryError('invalid', "tag can't be used with --all-tags/-a");
    const { name, tag } = splitReference(reference);
    if (!flags.quiet && !flags['all-tags'] && tag === '') context.print('Using default tag: latest');
    const registry = registryOf(name);
    const objects = context.api.objects<Record<string, unknown>>({
      method: 'POST', path: `/images/${imagePath(name)}/push`,
      query: { tag: flags['all-tags'] ? undefined : tag || 'latest', platform: platformQuery(flags.platform) },
      // The engine wants the header even where nothing is known of the registry.
      headers: { 'X-Registry-Auth': (await authHeader(context, registry)) ?? encodeAuth({ serveraddress: registry }) },
      signal: context.interruptible(),
    });
    await showProgress(objects, { to: context.stdout, quiet: flags.quiet });
    if (flags.quiet) context.print(reference);
  },
});
