import type { PullOptions } from '../../../engine/images/verbs.ts';

/** `X-Registry-Auth`: base64url of a JSON object. As Docker, what cannot be read counts as no credentials. */
export function registryAuth(header: string | string[] | undefined): PullOptions['auth'] {
  if (typeof header !== 'string' || header === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const given = value as Record<string, unknown>;
  const text = (key: string): string | undefined => (typeof given[key] === 'string' && given[key] !== '' ? given[key] : undefined);
  const auth = { username: text('username'), password: text('password'), identityToken: text('identitytoken'), registryToken: text('registrytoken'), serverAddress: text('serveraddress') };
  return Object.values(auth).some((one) => one !== undefined) ? auth : undefined;
}
