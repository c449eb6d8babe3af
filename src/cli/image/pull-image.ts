import type { Context } from '../context.ts';
import { showProgress } from '../progress/show.ts';
import { authHeader } from '../registry/credentials.ts';
import { canonicalName, registryOf, splitReference } from './reference.ts';

export interface PullOrder {
  context: Context;
  reference: string;
  quiet: boolean;
  platform?: string;
  signal?: AbortSignal;
  /** Where progress goes. */
  to: NodeJS.WriteStream;
  /** Every tag of the repository. */
  all?: boolean;
}

/** Pulls an image and shows how it goes. Rejects with what the registry or the engine said. */
export async function pullImage({ context, reference, quiet, platform, signal, to, all = false }: PullOrder): Promise<void> {
  const { name, tag } = splitReference(reference);
  const auth = await authHeader(context, registryOf(name));
  const objects = context.api.objects<Record<string, unknown>>({
    method: 'POST', path: '/images/create',
    query: { fromImage: canonicalName(name), tag: all ? undefined : tag || 'latest', platform },
    headers: auth === undefined ? {} : { 'X-Registry-Auth': auth },
    ...(signal === undefined ? {} : { signal }),
  });
  await showProgress(objects, { to, quiet });
}
