import { atMost, define } from '../command.ts';
import { configDirectory } from '../connection/config-file.ts';
import { updateConfig } from '../connection/update-config.ts';
import { callHelper } from './helper.ts';
import { dockerHub } from './login.ts';

export const command = define({
  usage: '[SERVER]',
  flags: {},
  arity: atMost(1),
  examples: [['Forget one registry', 'gantry logout registry.example.com']],
  async run({ context, args }) {
    const registry = (args[0] ?? dockerHub).replace(/^https?:\/\/(?!index\.docker\.io)/, '').replace(/\/$/, (end) => (args[0] === undefined ? end : ''));
    context.print(`Removing login credentials for ${registry}`);
    const helper = context.config.credHelpers?.[registry] ?? context.config.credsStore;
    if (helper) await callHelper(helper, 'erase', registry);
    await updateConfig(configDirectory(context.env, context.globals.config), (config) => {
      const { [registry]: _removed, ...auths } = (config['auths'] ?? {}) as Record<string, unknown>;
      return { ...config, auths };
    });
  },
});
