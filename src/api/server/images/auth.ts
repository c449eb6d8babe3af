import type { RegistryAuth } from '../../../engine/images/verbs.ts';

/** `X-Registry-Auth`: base64url of a JSON object. As Docker, what cannot be read counts as no credentials. */
export function registryAuth(header: string | string[] | undefined): RegistryAuth | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  try {
    return readAuth(JSON.parse(Buffer.from(header, 'base64url').toString('utf8')));
  } catch {
    return undefined;
  }
}

/** Docker's AuthConfig; undefined when it says nothing. `auth` is the user and the password in one. */
export function readAuth(value: unknown): RegistryAuth | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const given = value as Record<string, unknown>;
  const text = (key: string): string | undefined => (typeof given[key] === 'string' && given[key] !== '' ? given[key] : undefined);
  const [user, ...password] = Buffer.from(text('auth') ?? '', 'base64').toString('utf8').split(':');
  const found = {
    username: text('username') ?? (user === '' ? undefined : user), password: text('password') ?? (password.length === 0 ? undefined : password.join(':')),
    identityToken: text('identitytoken'), registryToken: text('registrytoken'), serverAddress: text('serveraddress'),
  };
  const auth = Object.fromEntries(Object.entries(found).filter(([, one]) => one !== undefined)) as RegistryAuth;
  return Object.keys(auth).length === 0 ? undefined : auth;
}
