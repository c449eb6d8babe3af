import { GantryError } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import { bool, text } from '../grammar/flag.ts';
import { showProgress } from '../progress/show.ts';
import { authHeader } from '../registry/credentials.ts';
import { encodeAuth } from '../registry/encode-auth.ts';
import { imagePath, platformQuery } from './image-path.ts';
import { canonicalName, checkReference, hasTagOrDigest, registryOf, splitReference } from './reference.ts';

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
    checkReference(reference);
    if (flags['all-tags'] && hasTagOrDigest(reference)) throw new GantryError('invalid', "tag can't be used with --all-tags/-a");
    if (reference.includes('@')) throw new GantryError('invalid', 'cannot push a digest reference');
    const { name, tag } = splitReference(reference);
    if (!flags.quiet && !flags['all-tags'] && tag === '') context.print('Using default tag: latest');
    const registry = registryOf(name);
    const objects = context.api.objects<Record<string, unknown>>({
      method: 'POST', path: `/images/${imagePath(canonicalName(name))}/push`,
      query: { tag: flags['all-tags'] ? undefined : tag || 'latest', platform: platformQuery(flags.platform) },
      // The engine wants the header even where nothing is known of the registry.
      headers: { 'X-Registry-Auth': (await authHeader(context, registry)) ?? encodeAuth({ serveraddress: registry }) },
      signal: context.interruptible(),
    });
    const notes: string[] = [];
    await showProgress(objects, { to: context.stdout, quiet: flags.quiet, onAux: (aux) => notes.push(...noteOf(aux)) });
    for (const note of notes) context.warn(note);
    if (flags.quiet) context.print(reference);
  },
});

/** What a person should know who pushed a name of several platforms. */
function noteOf(aux: unknown): string[] {
  const { manifestPushedInsteadOfIndex: isPart, originalIndex: index, selectedManifest: manifest } = aux as { manifestPushedInsteadOfIndex?: boolean; originalIndex?: { digest?: string }; selectedManifest?: { digest?: string } };
  if (isPart !== true) return [];
  return [`Info → Not all multiplatform-content is present and only the available single-platform image was pushed\n${index?.digest} -> ${manifest?.digest}`];
}
