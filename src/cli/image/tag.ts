import { define, exactly } from '../command.ts';
import { imagePath } from './image-path.ts';
import { canonicalName, splitReference } from './reference.ts';

export const command = define({
  usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  flags: {},
  arity: exactly(2),
  names: 'image',
  examples: [['For another registry', 'gantry tag web registry.example.com/team/web:3']],
  async run({ context, args }) {
    const { name, tag } = splitReference(args[1] ?? '');
    await context.api.done({ method: 'POST', path: `/images/${imagePath(args[0] ?? '')}/tag`, query: { repo: canonicalName(name), tag: tag || 'latest' } });
  },
});
