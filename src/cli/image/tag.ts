import { GantryError, messageOf } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import { imagePath } from './image-path.ts';
import { canonicalName, checkReference, splitReference } from './reference.ts';

export const command = define({
  usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  flags: {},
  arity: exactly(2),
  names: 'image',
  examples: [['For another registry', 'gantry tag web registry.example.com/team/web:3']],
  async run({ context, args }) {
    const target = args[1] ?? '';
    try {
      checkReference(target);
    } catch (error) {
      throw new GantryError('invalid', `Error parsing reference: ${JSON.stringify(target)} is not a valid repository/tag: ${messageOf(error)}`, { cause: error });
    }
    if (target.includes('@')) throw new GantryError('invalid', 'refusing to create a tag with a digest reference');
    const { name, tag } = splitReference(target);
    await context.api.done({ method: 'POST', path: `/images/${imagePath(args[0] ?? '')}/tag`, query: { repo: canonicalName(name), tag: tag || 'latest' } });
  },
});
