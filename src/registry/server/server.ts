import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { parseRoute, type Route } from '../protocol/routes.ts';
import type { RepositoryAction } from '../protocol/scope.ts';
import { decide, readBasic, type Access, type Account } from './access.ts';
import { collectGarbage, type Collected, type CollectOptions } from './collect.ts';
import { answerJson, type Exchange, type RegistryContext } from './exchange.ts';
import { deleteBlob, serveBlob } from './handlers/blobs.ts';
import { listCatalog, listReferrers, listTags } from './handlers/lists.ts';
import { servePage } from './handlers/listing.ts';
import { deleteManifest, putManifest, serveManifest } from './handlers/manifests.ts';
import { cancelUpload, finishUpload, patchUpload, startUpload, uploadStatus } from './handlers/uploads.ts';
import { Pins } from './pins.ts';
import { createPullThrough, type PullThroughOptions } from './pull-through.ts';
import { diskFull, Refusal } from './refusal.ts';
import type { RegistryStorage } from './storage/storage.ts';
import { tokenChallenge, tokenPath, Tokens } from './tokens.ts';

export interface RegistryServerOptions {
  storage: RegistryStorage;
  /** Open to all when absent. */
  access?: Access;
  /** Pulls only: pushes and deletions are refused. */
  readOnly?: boolean;
  /** Makes the registry a cache, which takes no pushes. */
  upstream?: PullThroughOptions;
  maxManifestBytes?: number;
  log?: Log;
}

export interface RegistryServer {
  /** For `node:http` or `node:https`. */
  handler: (request: IncomingMessage, response: ServerResponse) => void;
  collectGarbage(options: CollectOptions): Promise<Collected>;
}

const manifestBytes = 4 << 20;

/** A registry by distribution-spec 1.1: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md */
export function createRegistryServer(options: RegistryServerOptions): RegistryServer {
  const context: RegistryContext = {
    storage: options.storage,
    pins: new Pins(options.storage.guard),
    upstream: options.upstream === undefined ? undefined : createPullThrough(options.upstream, () => context),
    log: options.log ?? silentLog,
    maxManifestBytes: options.maxManifestBytes ?? manifestBytes,
  };
  const tokens = new Tokens();
  let collection: Promise<unknown> = Promise.resolve();
  return {
    handler(request, response) {
      void serve({ ...options, tokens }, context, { request, response })
        .catch((error: unknown) => refuse(context.log, { request, response }, diskFull(error) ?? challenged(options.access, request, error)));
    },
    collectGarbage(collectOptions) {
      const mine = collection.then(() => collectGarbage(context, collectOptions));
      collection = mine.catch(() => undefined);
      return mine;
    },
  };
}

interface Wire { request: IncomingMessage; response: ServerResponse }

async function serve(options: RegistryServerOptions & { tokens: Tokens }, context: RegistryContext, { request, response }: Wire): Promise<void> {
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  if (!URL.canParse(request.url ?? '', 'http://registry')) throw new Refusal('UNSUPPORTED', 'the path cannot be read', { status: 400 });
  const url = new URL(request.url!, 'http://registry');
  const account = await identify(options, request);
  const exchange: Exchange = { context, request, response, url, account };
  const may = (repository: string, action: RepositoryAction): boolean => options.access === undefined || decide(options.access, account, { repository, action }) === 'allowed';
  if (url.pathname === tokenPath && options.access !== undefined) return answerJson(exchange, options.tokens.issue(account, Date.now()));
  if (url.pathname === '/') {
    requireLogin(options.access, account, may('', 'pull'));
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new Refusal('UNSUPPORTED');
    return servePage(exchange, (name) => may(name, 'pull'));
  }
  const route = parseRoute(url.pathname);
  if (route.kind === 'unknownPath') throw new Refusal('UNSUPPORTED', 'no such path', { status: 404 });
  if (route.kind === 'invalid') {
    requireLogin(options.access, account, false);
    // A reference that no manifest can have is one that this repository does not have; only a push is told that it is wrong.
    const code = route.code === 'MANIFEST_INVALID' && request.method !== 'PUT' ? 'MANIFEST_UNKNOWN' : route.code;
    throw new Refusal(code, `${code.toLowerCase().replaceAll('_', ' ')}: ${route.what}`);
  }
  authorize(options, exchange, route);
  await dispatch(exchange, route, may);
}

async function identify({ access, tokens }: { access?: Access; tokens: Tokens }, request: IncomingMessage): Promise<Account> {
  const header = request.headers.authorization;
  if (access?.verify === undefined || header === undefined) return { user: undefined };
  const bearer = tokens.verify(header, Date.now());
  if (bearer !== undefined) return bearer;
  const basic = readBasic(header);
  if (basic === undefined || !await access.verify(basic.user, basic.password)) throw new Refusal('UNAUTHORIZED', 'authentication failed');
  return { user: basic.user };
}

/** Adds how to log in: by token where some things are open to all, else by Basic. Browsers know only Basic. */
function challenged(access: Access | undefined, request: IncomingMessage, error: unknown): unknown {
  if (!(error instanceof Refusal) || error.code !== 'UNAUTHORIZED') return error;
  const byToken = access?.rules.some((rule) => rule.user === 'anonymous') === true && request.url?.startsWith('/v2') === true;
  const challenge = byToken ? tokenChallenge(request) : 'Basic realm="registry", charset="UTF-8"';
  return new Refusal('UNAUTHORIZED', error.message === error.code ? undefined : error.message, { headers: { 'www-authenticate': challenge } });
}

function requireLogin(access: Access | undefined, account: Account, isPublic: boolean): void {
  if (access?.verify !== undefined && account.user === undefined && !isPublic) throw new Refusal('UNAUTHORIZED');
}

function actionOf(route: Route, method: string): RepositoryAction {
  if (route.kind === 'uploads' || route.kind === 'upload') return 'push';
  if (method === 'DELETE') return 'delete';
  return method === 'GET' || method === 'HEAD' ? 'pull' : 'push';
}

function authorize(options: RegistryServerOptions, exchange: Exchange, route: Route): void {
  const { access } = options;
  if (route.kind === 'base' || route.kind === 'catalog') {
    // A client learns here whether to log in: a registry with users says so, even where some things are open to all.
    // A token, even nobody's, is an answer to that challenge.
    requireLogin(access, exchange.account, exchange.request.headers.authorization !== undefined);
    return;
  }
  const action = actionOf(route, exchange.request.method ?? '');
  const decision = access === undefined ? 'allowed' : decide(access, exchange.account, { repository: route.name, action });
  if (decision === 'unauthorized') throw new Refusal('UNAUTHORIZED');
  if (decision === 'denied') throw new Refusal('DENIED', `${exchange.account.user} may not ${action} ${route.name}`);
  if (action !== 'pull' && options.readOnly === true) throw new Refusal('UNSUPPORTED', 'the registry is read-only');
  if (action === 'push' && options.upstream !== undefined) throw new Refusal('UNSUPPORTED', 'the registry is a cache and takes no pushes');
}

async function dispatch(exchange: Exchange, route: Route, may: (repository: string, action: RepositoryAction) => boolean): Promise<void> {
  const method = exchange.request.method === 'HEAD' ? 'GET' : exchange.request.method;
  switch (`${method} ${route.kind}`) {
    case 'GET base': return answerJson(exchange, {});
    case 'GET catalog': return listCatalog(exchange, (name) => may(name, 'pull'));
  }
  if (route.kind === 'base' || route.kind === 'catalog') throw new Refusal('UNSUPPORTED');
  if (route.kind === 'manifest') {
    if (method === 'GET') return serveManifest(exchange, route);
    if (method === 'PUT') return putManifest(exchange, route);
    if (method === 'DELETE') return deleteManifest(exchange, route);
  } else if (route.kind === 'blob') {
    if (method === 'GET') return serveBlob(exchange, route);
    if (method === 'DELETE') return deleteBlob(exchange, route);
  } else if (route.kind === 'upload') {
    if (method === 'GET') return uploadStatus(exchange, route);
    if (method === 'PATCH') return patchUpload(exchange, route);
    if (method === 'PUT') return finishUpload(exchange, route);
    if (method === 'DELETE') return cancelUpload(exchange, route);
  } else if (route.kind === 'uploads' && method === 'POST') {
    return startUpload(exchange, route.name, (from) => may(from, 'pull'));
  } else if (route.kind === 'tags' && method === 'GET') {
    return listTags(exchange, route.name);
  } else if (route.kind === 'referrers' && method === 'GET') {
    return listReferrers(exchange, route);
  }
  throw new Refusal('UNSUPPORTED');
}

/** The one place where errors become answers. After the header went out, only the connection can say that something broke. */
function refuse(log: Log, { request, response }: Wire, error: unknown): void {
  const refusal = error instanceof Refusal ? error : new Refusal('UNKNOWN', 'the registry failed; its log says why');
  if (!(error instanceof Refusal) && !request.destroyed && !response.destroyed) {
    log.error('registry request failed', { method: request.method, path: request.url?.split('?', 1)[0], error: messageOf(error) });
  }
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (refusal.status === 507) log.error('the disk is full', { method: request.method, path: request.url?.split('?', 1)[0] });
  // What the client still sends is read past, for a while: the connection ends after the answer, unless the body is already over.
  const isOver = request.complete || (request.headers['transfer-encoding'] === undefined && Number(request.headers['content-length'] ?? 0) === 0);
  const body = Buffer.from(refusal.body);
  response.writeHead(refusal.status, { 'content-type': 'application/json', 'content-length': body.length, ...(isOver ? {} : { connection: 'close' }), ...refusal.headers });
  response.once('finish', () => request.resume()).end(request.method === 'HEAD' ? undefined : body);
}
