/** The key of Docker Hub in configuration files. */
export const dockerHub = 'https://index.docker.io/v1/';

/** What a person writes for a server, as credentials are filed: the host with its port. */
export function hostnameOf(address: string): string {
  return address.replace(/^https?:\/\//, '').split('/')[0] ?? '';
}
