import { cannotOpen } from '../streams/cannot-open.ts';
import { existsSync, unlinkSync, writeFileSync } from 'node:fs';
import { GantryError, hasKind, isGantryError, messageOf } from '../../base/errors.ts';
import type { Context } from '../context.ts';
import { fromDaemon } from '../errors.ts';
import type { Values } from '../grammar/flag.ts';
import { checkReference, withDefaultTag } from '../image/reference.ts';
import { createBody } from './body/create-body.ts';
import type { createFlags } from './body/flags.ts';
import type { CreateBody } from './body/wire.ts';

export interface CreateOrder {
  context: Context;
  flags: Values<typeof createFlags>;
  given: ReadonlySet<string>;
  args: readonly string[];
  /** Aborts a pull. */
  signal?: AbortSignal;
  /** Changes the body before it is sent. */
  adjust?: (body: CreateBody) => void;
}

/** Creates the container, pulling its image when the engine does not have it. Resolves to the id. */
export async function createContainer(order: CreateOrder): Promise<{ id: string; body: CreateBody }> {
  const { context, flags } = order;
  if (!['always', 'missing', 'never', ''].includes(flags.pull)) throw new GantryError('invalid', `invalid pull option: '${flags.pull}': must be one of "always", "missing" or "never"`);
  const body = createBody({ ...order, proxies: proxies(context) });
  if (flags['use-api-socket']) (await import('./body/api-socket.ts')).addApiSocket(context, body);
  order.adjust?.(body);
  // An id is no name, and is not pulled.
  if (!/^[a-f0-9]{64}$/.test(body.Image)) checkReference(body.Image);
  using cidFile = claimCidFile(flags.cidfile);
  const platform = flags.platform || context.env['DOCKER_DEFAULT_PLATFORM'] || undefined;
  if (platform !== undefined) await checkPlatform(platform);
  const pull = async (): Promise<void> => {
    const { pullImage } = await import('../image/pull-image.ts');
    const pulled = pullImage({ context, reference: body.Image, quiet: flags.quiet, to: context.stderr, ...(platform === undefined ? {} : { platform }), ...(order.signal === undefined ? {} : { signal: order.signal }) });
    await pulled.catch((error: unknown) => {
      throw isGantryError(error) && !fromDaemon(error) && !hasKind(error, 'cancelled') ? new NotCreated(messageOf(error), { cause: error.cause }) : error;
    });
  };
  if (flags.pull === 'always') await pull();
  const create = () => context.api.json<{ Id: string; Warnings?: string[] | null }>({ method: 'POST', path: '/containers/create', query: { name: flags.name || undefined, platform }, json: body });
  const made = await create().catch(async (error: unknown) => {
    if (!isMissingImage(error) || flags.pull !== 'missing') throw error;
    if (!flags.quiet) context.warn(`Unable to find image '${withDefaultTag(body.Image)}' locally`);
    await pull();
    return create();
  });
  for (const warning of made.Warnings ?? []) context.warn(`WARNING: ${warning}`);
  cidFile.write(made.Id);
  return { id: made.Id, body };
}

async function checkPlatform(platform: string): Promise<void> {
  const { platformQuery } = await import('../image/image-path.ts');
  try {
    platformQuery(platform, 'error parsing specified platform: ');
  } catch (error) {
    throw new NotCreated(messageOf(error), { cause: error });
  }
}

function isMissingImage(error: unknown): boolean {
  return fromDaemon(error) && hasKind(error, 'notFound') && /no such image|image not known|does not match the specified platform/i.test(messageOf(error));
}

/** What hinders a creation though nothing is wrong with what was typed: a file for the id that cannot be had, an image that does not come. */
export class NotCreated extends GantryError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('conflict', message, options);
  }
}

/** The file must be new: another container's id in it would be lost. It goes away when no container was made. */
function claimCidFile(path: string): Disposable & { write(id: string): void } {
  let written = false;
  if (path !== '') {
    if (existsSync(path)) throw new NotCreated(`container ID file found, make sure the other container isn't running or delete ${path}`);
    try {
      writeFileSync(path, '', { flag: 'wx' });
    } catch (error) {
      throw new NotCreated(`failed to create the container ID file: ${messageOf(cannotOpen(path, error))}`, { cause: error });
    }
  }
  return {
    write: (id) => {
      if (path !== '') writeFileSync(path, id);
      written = true;
    },
    [Symbol.dispose]: () => { if (path !== '' && !written) unlinkSync(path); },
  };
}

const proxyNames = { httpProxy: 'HTTP_PROXY', httpsProxy: 'HTTPS_PROXY', ftpProxy: 'FTP_PROXY', noProxy: 'NO_PROXY', allProxy: 'ALL_PROXY' } as const;

/** Proxies of the configuration file reach the container under both spellings. */
function proxies(context: Context): Record<string, string> {
  const host = context.globals.hosts[0] ?? context.env['DOCKER_HOST'] ?? '';
  const known = context.config.proxies?.[host] ?? context.config.proxies?.['default'] ?? {};
  return Object.fromEntries(Object.entries(proxyNames).flatMap(([key, name]) => {
    const value = known[key as keyof typeof proxyNames];
    return value === undefined || value === '' ? [] : [[name, value], [name.toLowerCase(), value]];
  }));
}
