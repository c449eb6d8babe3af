/** What a person or a helper knows about one registry. At most one way is used: registry token, identity token, password. */
export interface Credentials {
  username?: string;
  password?: string;
  /** A refresh token from an earlier login, exchanged for access tokens. */
  identityToken?: string;
  /** Sent as it is. */
  registryToken?: string;
}

/** `registry` is the host as in references (`docker.io`, `localhost:5000`). */
export type CredentialSource = (registry: string) => Promise<Credentials | undefined>;

export function basicAuthorization(credentials: Credentials): string | undefined {
  if (credentials.username === undefined || credentials.password === undefined || credentials.username === '') return undefined;
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
}
