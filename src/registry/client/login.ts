import { createRegistryClient } from './client.ts';
import type { Credentials } from './credentials.ts';
import type { RegistryClientOptions } from './options.ts';

/**
 * Checks credentials against a registry, as `POST /auth` does. The identity token, where the registry's token server gives one,
 * is to be kept instead of the password.
 * @throws unauthorized, unavailable
 */
export async function login(registry: string, credentials: Credentials, options: RegistryClientOptions & { signal?: AbortSignal }): Promise<{ identityToken: string | undefined }> {
  let identityToken: string | undefined;
  const client = createRegistryClient({
    ...options,
    credentials: async () => credentials,
    onIdentityToken: (token) => { identityToken = token; },
  });
  try {
    await client.ping(registry, options.signal);
  } finally {
    client.close();
  }
  return { identityToken };
}
