import { messageOf } from '../../base/errors.ts';
import { atMost, define } from '../command.ts';
import { configDirectory } from '../connection/config-file.ts';
import { updateConfig } from '../connection/update-config.ts';
import { helperOf } from './credentials.ts';
import { eraseFromHelper } from './helper.ts';
import { dockerHub, hostnameOf } from './server-address.ts';
import type { Context } from '../context.ts';

export const command = define({
  usage: '[SERVER]',
  flags: {},
  arity: atMost(1),
  examples: [['Forget one registry', 'gantry logout registry.example.com']],
  async run({ context, args }) {
    const [server] = args;
    const registry = server === undefined ? dockerHub : hostnameOf(server);
    context.print(`Removing login credentials for ${registry}`);
    // Older clients filed what was written.
    const names = server === undefined ? [registry] : [server, registry, `http://${registry}`, `https://${registry}`];
    const helper = helperOf(context, registry);
    if (helper !== undefined) await erase(context, helper, names);
    await updateConfig(configDirectory(context.env, context.globals.config), (config) => {
      const auths = Object.entries((config['auths'] ?? {}) as Record<string, unknown>).filter(([name]) => !names.includes(name));
      return { ...config, auths: Object.fromEntries(auths) };
    });
  },
});

/** Under every name that it may be kept by; what a helper cannot erase is told, and the rest goes. */
async function erase(context: Context, helper: string, names: readonly string[]): Promise<void> {
  try {
    for (const name of names) await eraseFromHelper(helper, name);
  } catch (error) {
    context.warn(`WARNING: could not erase credentials:\n${names[0]}: ${messageOf(error)}`);
  }
}
