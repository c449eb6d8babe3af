import { messageOf } from '../../base/errors.ts';
import type { Context } from '../context.ts';
import { encodeAuth, type Credentials } from './encode-auth.ts';

/**
 * What the configuration file knows of a registry; a credential helper is asked where one is named. One that fails is told of, and the registry
 * is asked as anybody: much can be pulled without a login.
 */
export async function credentialsFor(context: Context, registry: string): Promise<Credentials | undefined> {
  const { config } = context;
  const helper = helperOf(context, registry);
  if (helper !== undefined) {
    const { askHelper } = await import('./helper.ts');
    return await askHelper(helper, registry).catch((error: unknown) => void context.warn(messageOf(error)));
  }
  const bare = (address: string): string => address.replace(/^https?:\/\//, '').split('/')[0] ?? '';
  const found = config.auths?.[registry] ?? Object.entries(config.auths ?? {}).find(([address]) => bare(address) === bare(registry))?.[1];
  if (found === undefined) return undefined;
  const [username = '', ...password] = Buffer.from(found.auth ?? '', 'base64').toString('utf8').split(':');
  return {
    username, password: password.join(':').replace(/\0+$/, ''), serveraddress: registry,
    ...(found.identitytoken === undefined ? {} : { identitytoken: found.identitytoken }),
    ...(found.registrytoken === undefined ? {} : { registrytoken: found.registrytoken }),
  };
}

/** The helper that keeps the credentials of a registry, if one does. */
export function helperOf({ config }: Context, registry: string): string | undefined {
  return config.credHelpers?.[registry] || config.credsStore || undefined;
}

/** The value of X-Registry-Auth for a registry. */
export async function authHeader(context: Context, registry: string): Promise<string | undefined> {
  const credentials = await credentialsFor(context, registry);
  return credentials === undefined ? undefined : encodeAuth(credentials);
}
