import { GantryError } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import { bool, text } from '../grammar/flag.ts';
import { pullImage } from './pull-image.ts';
import { canonicalName, checkReference, hasTagOrDigest, withDefaultTag } from './reference.ts';

export const command = define({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  flags: {
    'all-tags': bool('Download all tagged images in the repository', { short: 'a' }),
    'disable-content-trust': bool('Skip image verification (images are never verified by Notary here)', { initial: true, hidden: true }),
    platform: text('Set platform if server is multi-platform capable'),
    quiet: bool('Suppress verbose output', { short: 'q' }),
  },
  arity: exactly(1),
  examples: [['For another architecture', 'gantry pull --platform linux/arm64 alpine']],
  async run({ context, flags, args }) {
    const name = args[0] ?? '';
    checkReference(name);
    if (flags['all-tags'] && hasTagOrDigest(name)) throw new GantryError('invalid', "tag can't be used with --all-tags/-a");
    if (!flags.quiet && !flags['all-tags'] && !hasTagOrDigest(name)) context.print('Using default tag: latest');
    const platform = flags.platform || context.env['DOCKER_DEFAULT_PLATFORM'];
    await pullImage({ context, reference: name, quiet: flags.quiet, to: context.stdout, all: flags['all-tags'], signal: context.interruptible(), ...(platform ? { platform } : {}) });
    context.print(canonicalName(flags['all-tags'] ? name : withDefaultTag(name)));
  },
});
