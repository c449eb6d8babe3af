import { define, exactly } from '../command.ts';
import { readContext } from '../connection/context-store.ts';
import { updateConfig } from '../connection/update-config.ts';
import { contextDirectory, hostVariable } from './current.ts';

export const command = define({
  usage: 'CONTEXT',
  flags: {},
  arity: exactly(1),
  examples: [['From now on another machine', 'gantry context use build-host']],
  async run({ context, args }) {
    const name = args[0] ?? '';
    const directory = contextDirectory(context);
    if (name !== 'default') readContext(directory, name);
    await updateConfig(directory, ({ currentContext: _current, ...config }) => (name === 'default' ? config : { ...config, currentContext: name }));
    context.print(name);
    context.warn(`Current context is now "${name}"`);
    const named = hostVariable(context);
    if (named !== undefined && name !== 'default') context.warn(`Warning: ${named} environment variable overrides the active context. To use "${name}", either set the global --context flag, or unset ${named} environment variable.`);
  },
});
