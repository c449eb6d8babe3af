import { errnoOf, GantryError, hasKind, isGantryError } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { Scope } from '../protocol/scope.ts';
import { retryAfterMs } from '../protocol/throttling.ts';
import { Authorizer } from './authorizer.ts';
import { createConnections, type Connections } from './connections.ts';
import { connectionFailure, single } from './failures.ts';
import { endpointsOf, type Endpoint } from './hosts.ts';
import { defaultRetryPolicy, defaultTimeouts, type RegistryClientOptions, type RetryPolicy, type Timeouts } from './options.ts';
import { discardBody } from './read-body.ts';
import { followRedirects } from './redirects.ts';
import { pause, pauseBefore, transientStatuses } from './retry.ts';
import { createTransport, type Body, type Transport, type WireAnswer } from './transport.ts';

export interface RegistryRequest {
  registry: string;
  method: string;
  /** A path with query (`/v2/…`), or a URL that the registry gave us. */
  target: string | URL;
  scopes: Scope[];
  headers?: Record<string, string>;
  body?: Body;
  /** Mirrors may answer. */
  mirrored?: boolean;
  /** False for requests whose caller resumes them itself. */
  retried?: boolean;
  signal?: AbortSignal;
}

export interface RegistryAnswer extends WireAnswer {
  /** Who answered: names it in errors. */
  endpoint: Endpoint;
}

/** Asks registries: chooses the endpoint, authorises, waits and tries again. Any status may come back. */
export class Session {
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy;
  readonly insecureRegistries: string[];
  readonly userAgent: string;
  readonly onIdentityToken: ((token: string) => void) | undefined;
  readonly transport: Transport;
  readonly #options: RegistryClientOptions;
  readonly #connections: Connections;
  readonly #log: Log;
  readonly #authorizers = new Map<string, Authorizer>();
  /** The endpoint of its own that answered first, by registry: TLS or not is found out once. */
  readonly #settled = new Map<string, string>();

  constructor(options: RegistryClientOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.retry = { ...defaultRetryPolicy, ...options.retry };
    this.insecureRegistries = options.insecureRegistries ?? [];
    this.userAgent = options.userAgent ?? 'gantry';
    this.onIdentityToken = options.onIdentityToken;
    this.#connections = createConnections({
      insecureRegistries: this.insecureRegistries,
      certificateFolders: options.certificateFolders ?? [],
      proxyEnvironment: options.proxyEnvironment ?? {},
    });
    this.transport = createTransport(this.#connections, this.timeouts);
  }

  close(): void {
    this.#connections.close();
  }

  /** @throws unavailable when nobody answered, cancelled */
  async send(request: RegistryRequest): Promise<RegistryAnswer> {
    const endpoints = this.#endpoints(request);
    for (const [index, endpoint] of endpoints.entries()) {
      const isLast = index === endpoints.length - 1;
      const answer = await this.#tryEndpoint(request, endpoint, isLast);
      if (answer === undefined) continue;
      if (!endpoint.mirror) this.#settled.set(request.registry, endpoint.base);
      if (!endpoint.mirror || answer.status < 400 || isLast) return answer;
      this.#log.debug('mirror refused', { mirror: endpoint.base, status: answer.status });
      discardBody(answer.body);
    }
    throw new GantryError('unavailable', `registry ${request.registry}: no endpoint`);
  }

  #endpoints(request: RegistryRequest): Endpoint[] {
    const mirrors = request.mirrored === true ? this.#options.mirrors?.[request.registry] ?? [] : [];
    const settled = this.#settled.get(request.registry);
    return endpointsOf(request.registry, { mirrors, insecureRegistries: this.insecureRegistries })
      .filter((endpoint) => endpoint.mirror || settled === undefined || endpoint.base === settled);
  }

  /** Undefined when the next endpoint should be asked instead. */
  async #tryEndpoint(request: RegistryRequest, endpoint: Endpoint, isLast: boolean): Promise<RegistryAnswer | undefined> {
    const attempts = isLast && request.retried !== false ? this.retry.attempts : 1;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.#authorized(request, endpoint);
        const wait = transientStatuses.includes(answer.status)
          ? pauseBefore(attempt, { ...this.retry, attempts }, retryAfterMs(single(answer.headers['retry-after']), Date.now())) : undefined;
        if (wait === undefined) return answer;
        discardBody(answer.body);
        this.#log.info('registry asks to wait', { registry: endpoint.registry, status: answer.status, waitMs: Math.round(wait) });
        await pause(wait, request.signal);
      } catch (error) {
        const failure = connectionFailure(error, this.#settled.has(request.registry) ? request : endpoint, request.signal);
        if (hasKind(failure, 'cancelled')) throw failure;
        if (!isLast) {
          this.#log.debug('endpoint failed', { endpoint: endpoint.base, error: failure.message });
          return undefined;
        }
        const wait = isGantryError(error) || this.#isPermanent(error, request.registry) ? undefined : pauseBefore(attempt, { ...this.retry, attempts });
        if (wait === undefined) throw failure;
        await pause(wait, request.signal).catch((cause: unknown) => { throw connectionFailure(cause, request, request.signal); });
      }
    }
  }

  /** Whoever answered before and refuses now is starting again. */
  #isPermanent(error: unknown, registry: string): boolean {
    return isPermanent(error) && !(errnoOf(error) === 'ECONNREFUSED' && this.#settled.has(registry));
  }

  async #authorized(request: RegistryRequest, endpoint: Endpoint): Promise<RegistryAnswer> {
    const url = request.target instanceof URL ? request.target : new URL(endpoint.base + request.target);
    // A URL that the registry gave may lead to another host, which learns nothing.
    const isOwn = url.origin === new URL(endpoint.base).origin;
    const authorizer = this.#authorizer(endpoint);
    for (let round = 0; ; round += 1) {
      const authorization = isOwn ? await authorizer.authorization(request.scopes) : undefined;
      const headers = { 'user-agent': this.userAgent, ...request.headers, ...(authorization === undefined ? {} : { authorization }) };
      const wire = { method: request.method, url, headers, body: request.body, signal: request.signal };
      const answer = await followRedirects(this.transport, wire, this.insecureRegistries);
      const isChallenge = answer.status === 401 && isOwn && answer.url.origin === url.origin && round < 2;
      if (!isChallenge || !await authorizer.challenged(answer.headers['www-authenticate'], authorization, request.scopes)) {
        return { ...answer, endpoint };
      }
      discardBody(answer.body);
    }
  }

  #authorizer(endpoint: Endpoint): Authorizer {
    const known = this.#authorizers.get(endpoint.base);
    if (known !== undefined) return known;
    const made = new Authorizer(this, { registry: endpoint.registry, plain: endpoint.base.startsWith('http:') },
      this.#options.credentials ?? (async () => undefined));
    this.#authorizers.set(endpoint.base, made);
    return made;
  }
}

/** Failures that the next try would meet again. */
function isPermanent(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  return code === 'ENOTFOUND' || code === 'ECONNREFUSED' || code === 'EPROTO' || code.includes('CERT') || code.includes('SIGNED')
    || code.startsWith('UNABLE_TO') || code.startsWith('ERR_TLS') || code.startsWith('HPE_') || code.startsWith('ERR_SSL');
}
