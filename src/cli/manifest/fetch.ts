import { GantryError, hasKind, messageOf } from '../../base/errors.ts';
import type { Context } from '../context.ts';
import { imagePath } from '../image/image-path.ts';
import { canonicalName, registryOf, withDefaultTag } from '../image/reference.ts';
import { authHeader } from '../registry/credentials.ts';

export interface Platform { architecture: string; os: string; variant?: string; 'os.version'?: string; 'os.features'?: string[] }
export interface Descriptor { mediaType: string; digest: string; size: number; platform?: Platform }
export interface Fetched { Descriptor: Descriptor; Platforms: Platform[]; Raw: string }
export interface Document { mediaType?: string; manifests?: Descriptor[] }

/** A manifest as its registry has it. @throws notFound with Docker's sentence */
export async function fetchManifest(context: Context, name: string, insecure: boolean): Promise<Fetched> {
  try {
    return await context.api.json<Fetched>({ path: `/gantry/manifests/${imagePath(name)}`, query: { insecure: insecure || undefined }, headers: await authHeaders(context, name) });
  } catch (error) {
    if (!hasKind(error, 'notFound') || messageOf(error).includes('access denied')) throw error;
    throw new GantryError('notFound', `no such manifest: ${canonicalName(withDefaultTag(name))}`, { cause: error });
  }
}

export async function authHeaders(context: Context, name: string): Promise<Record<string, string>> {
  const auth = await authHeader(context, registryOf(name));
  return auth === undefined ? {} : { 'X-Registry-Auth': auth };
}

export function documentOf({ Raw: raw }: Pick<Fetched, 'Raw'>): Document {
  return JSON.parse(Buffer.from(raw, 'base64').toString('utf8')) as Document;
}
