import { GantryError } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import { bool } from '../grammar/flag.ts';
import { fromContainer } from './copy/from-container.ts';
import { splitArgument } from './copy/paths.ts';
import { toContainer } from './copy/to-container.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tgantry cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH',
  flags: {
    archive: bool('Archive mode (copy all uid/gid information)', { short: 'a' }),
    'follow-link': bool('Always follow symbol link in SRC_PATH', { short: 'L' }),
    quiet: bool('Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached', { short: 'q' }),
  },
  arity: exactly(2),
  names: 'container',
  examples: [
    ['A file into a container', 'gantry cp site.conf web:/etc/site.conf'],
    ['What is in a directory, without the directory itself', 'gantry cp web:/var/log/. logs'],
    ['An archive from stdin, to be unpacked in /srv', 'tar c site | gantry cp - web:/srv'],
  ],
  async run({ context, flags, given, args }) {
    const [from = '', to = ''] = args;
    if (from === '') throw new GantryError('invalid', 'source can not be empty');
    if (to === '') throw new GantryError('invalid', 'destination can not be empty');
    const quiet = given.has('quiet') ? flags.quiet : !context.stdout.isTTY;
    const source = splitArgument(from);
    const destination = splitArgument(to);
    const followLink = flags['follow-link'];
    if (source.container !== '' && destination.container !== '') throw new GantryError('invalid', 'copying between containers is not supported');
    if (source.container !== '') return fromContainer(context, { ...source, to: destination.path, followLink, quiet });
    if (destination.container === '') throw new GantryError('invalid', 'must specify at least one container source');
    return toContainer(context, { ...destination, from: source.path, followLink, archive: flags.archive, quiet });
  },
});
