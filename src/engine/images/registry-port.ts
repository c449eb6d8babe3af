import type { Log } from '../../base/log.ts';
import { createRegistryClient, type RegistryClient } from '../../registry/client/client.ts';
import type { Credentials } from '../../registry/client/credentials.ts';
import { openDownload, type Download } from '../../registry/client/download.ts';
import { login } from '../../registry/client/login.ts';
import type { RegistryClientOptions } from '../../registry/client/options.ts';
import type { SignaturePolicy } from './signatures/policy.ts';
import type { RegistryAuth } from './verbs.ts';

/** What images need of registries: a way to one, with a person's credentials. */
export interface RegistryPort {
  /** Credentials are shown to `registry` alone: a mirror, or where a redirect leads, never sees them. */
  connect(registry: string, auth: RegistryAuth | undefined, options?: { insecure: boolean }): RegistryConnection;
  /** @throws unauthorized, unavailable */
  login(registry: string, credentials: Credentials, signal: AbortSignal): Promise<{ identityToken: string | undefined }>;
  /** A file that anybody may read, by the same proxies and certificates. */
  download(url: URL, signal: AbortSignal): Promise<Download>;
  /** Blobs at once, over all pulls and over all pushes. */
  maxDownloads: number;
  maxUploads: number;
  signatures: SignaturePolicy;
}

/** A client that closes when everybody who holds it has let go; whoever made it holds it first. */
export interface RegistryConnection {
  readonly client: RegistryClient;
  hold(): void;
  release(): void;
}

export interface RegistrySettings extends Pick<RegistryClientOptions, 'mirrors' | 'insecureRegistries' | 'certificateFolders' | 'proxyEnvironment' | 'userAgent'> {
  maxDownloads: number;
  maxUploads: number;
  /** Tries of one transfer. */
  attempts: number;
  signatures: SignaturePolicy;
  log: Log;
}

export function createRegistryPort(settings: RegistrySettings): RegistryPort {
  const { maxDownloads, maxUploads, signatures, attempts, ...common } = settings;
  const options: RegistryClientOptions = { ...common, retry: { attempts } };
  return {
    connect: (registry, auth, { insecure } = { insecure: false }) => counted(createRegistryClient({
      ...options,
      ...(insecure ? { insecureRegistries: [...(options.insecureRegistries ?? []), registry] } : {}),
      credentials: async (asked) => (asked === registry ? auth : undefined),
    })),
    login: (registry, credentials, signal) => login(registry, credentials, { ...options, signal }),
    download: (url, signal) => openDownload(url, { ...options, signal }),
    maxDownloads, maxUploads, signatures,
  };
}

function counted(client: RegistryClient): RegistryConnection {
  let holders = 1;
  return {
    client,
    hold: () => void holders++,
    release: () => {
      if (--holders === 0) client.close();
    },
  };
}
