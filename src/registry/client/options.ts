import type { Log } from '../../base/log.ts';
import type { CredentialSource } from './credentials.ts';

/** Everything that differs between hosts and people. All durations are milliseconds. */
export interface RegistryClientOptions {
  /** Asked once per registry host and request for a token; undefined means anonymous. */
  credentials?: CredentialSource;
  /** Base URLs tried before the registry itself when pulling, by registry host (`docker.io`). */
  mirrors?: Record<string, string[]>;
  /** `host`, `host:port` or CIDR: no certificate check, and plain HTTP when there is no TLS. Loopback counts always. */
  insecureRegistries?: string[];
  /** Folders like `/etc/docker/certs.d`, the first that has the host wins. */
  certificateFolders?: string[];
  /** `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, in either case. Give `process.env` to follow the environment. */
  proxyEnvironment?: Record<string, string | undefined>;
  userAgent?: string;
  /** Makes token servers give a refresh token for the password, and takes it: what `login` keeps instead of the password. */
  onIdentityToken?: (token: string) => void;
  timeouts?: Partial<Timeouts>;
  retry?: Partial<RetryPolicy>;
  log?: Log;
}

export interface Timeouts {
  /** From the end of the request to the answer's header. */
  headerMs: number;
  /** Silence on a connection. */
  idleMs: number;
  /** For a whole small body (manifest, token, list), so that one byte a second is not an answer. */
  smallBodyMs: number;
  /** A blob that comes slower than this over a whole `idleMs` has stalled. */
  slowestBytesPerSecond: number;
}

export interface RetryPolicy {
  /** All tries together. */
  attempts: number;
  /** First pause; each further one doubles, with jitter. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** A `Retry-After` beyond this is told to the person instead of waited for. */
  longestRetryAfterMs: number;
}

export const defaultTimeouts: Timeouts = { headerMs: 60_000, idleMs: 60_000, smallBodyMs: 60_000, slowestBytesPerSecond: 128 };

export const defaultRetryPolicy: RetryPolicy = { attempts: 5, firstPauseMs: 500, longestPauseMs: 15_000, longestRetryAfterMs: 60_000 };

/** Largest bodies read into memory, bytes. 4 MiB is what the specification asks registries to accept as manifest. */
export const limits = { manifestBytes: 4 << 20, listBytes: 4 << 20, tokenBytes: 1 << 20, errorBytes: 64 << 10, redirects: 10, pages: 10_000 } as const;
