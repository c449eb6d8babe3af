import type { Context } from '../context.ts';

export interface Credentials { username?: string; password?: string; serveraddress: string; identitytoken?: string; registrytoken?: string }

/** What the configuration file knows of a registry; a credential helper is asked where one is named. */
export async function credentialsFor(context: Context, registry: string): Promise<Credentials | undefined> {
  const { config } = context;
  const helper = config.credHelpers?.[registry] ?? config.credsStore;
  if (helper !== undefined && helper !== '') {
    const { askHelper } = await import('./helper.ts');
    return askHelper(helper, registry);
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

/** The value of X-Registry-Auth: base64url of the credentials. */
export async function authHeader(context: Context, registry: string): Promise<string | undefined> {
  const credentials = await credentialsFor(context, registry);
  return credentials === undefined ? undefined : encodeAuth(credentials);
}

export function encodeAuth(credentials: Credentials): string {
  const text = Buffer.from(JSON.stringify(credentials)).toString('base64');
  return text.replaceAll('+', '-').replaceAll('/', '_');
}
