import { existsSync } from 'node:fs';
import { GantryError } from '../../base/errors.ts';
import { atLeast, define } from '../command.ts';
import { metaPath, removeContext } from '../connection/context-store.ts';
import { updateConfig } from '../connection/update-config.ts';
import { each } from '../each.ts';
import { bool } from '../grammar/flag.ts';
import { contextDirectory, currentName } from './current.ts';

export const command = define({
  usage: 'CONTEXT [CONTEXT...]',
  flags: { force: bool('Force the removal of a context in use', { short: 'f' }) },
  arity: atLeast(1),
  examples: [['Forget a machine', 'gantry context rm build-host']],
  async run({ context, flags, args }) {
    const directory = contextDirectory(context);
    await each(context, args, async (name) => {
      if (name === 'default') throw new GantryError('invalid', 'context "default" cannot be removed');
      if (!flags.force && !existsSync(metaPath(directory, name))) throw new GantryError('notFound', `context "${name}" does not exist`);
      if (name === currentName(context)) {
        if (!flags.force) throw new GantryError('conflict', `context "${name}" is in use, set -f flag to force remove`);
        await updateConfig(directory, ({ currentContext: _current, ...config }) => config);
      }
      removeContext(directory, name);
      return name;
    });
  },
});
