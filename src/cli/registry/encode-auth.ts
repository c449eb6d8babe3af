export interface Credentials { username?: string; password?: string; serveraddress: string; identitytoken?: string; registrytoken?: string }

/** The value of X-Registry-Auth: base64url of the credentials. */
export function encodeAuth(credentials: Credentials): string {
  const text = Buffer.from(JSON.stringify(credentials)).toString('base64');
  return text.replaceAll('+', '-').replaceAll('/', '_');
}
