import { configDirectory } from '../connection/config-file.ts';
import { chooseHost, defaultHost } from '../connection/endpoint.ts';
import { readContext, type StoredContext } from '../connection/context-store.ts';
import type { Context } from '../context.ts';

export function contextDirectory(context: Context): string {
  return configDirectory(context.env, context.globals.config);
}

/** The context in force; an address that was named by itself (`-H`, GANTRY_HOST, DOCKER_HOST) makes it `default`. */
export function currentName({ globals, env, config }: Context): string {
  if (globals.hosts.length > 0) return 'default';
  if (globals.context !== '') return globals.context;
  if ((env['GANTRY_HOST'] || env['DOCKER_HOST'] || '') !== '') return 'default';
  return env['DOCKER_CONTEXT'] || config.currentContext || 'default';
}

/** The variable that names an address by itself, and so makes a context count for nothing; a flag overrules it. */
export function hostVariable({ globals, env }: Context): string | undefined {
  if (globals.hosts.length > 0 || globals.context !== '') return undefined;
  return ['GANTRY_HOST', 'DOCKER_HOST'].find((variable) => (env[variable] ?? '') !== '');
}

/** What lists say of `default`, and a context made from it inherits: docker's words. */
export const defaultDescription = 'Current DOCKER_HOST based configuration';

/** `default` is not kept anywhere: it is the address that the environment names, else this machine's engine. */
export function lookUp(context: Context, name: string): StoredContext {
  if (name !== 'default') return readContext(contextDirectory(context), name);
  const { host } = currentName(context) === 'default' ? chooseHost(context.globals, context.env, { ...context.config, currentContext: 'default' }) : { host: defaultHost };
  return { Name: 'default', Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } };
}
