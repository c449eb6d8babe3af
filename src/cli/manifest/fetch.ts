import type { Context } from '../context.ts';
import { imagePath } from '../image/image-path.ts';
import { registryOf } from '../image/reference.ts';
import { authHeader } from '../registry/credentials.ts';

export interface Platform { architecture: string; os: string; variant?: string; 'os.version'?: string; 'os.features'?: string[] }
export interface Descriptor { mediaType: string; digest: string; size: number; platform?: Platform }
export interface Fetched { Descriptor: Descriptor; Platforms: Platform[]; Raw: string }
export interface Document { mediaType?: string; manifests?: Descriptor[] }

/** A manifest as its registry has it. */
export async function fetchManifest(context: Context, name: string, insecure: boolean): Promise<Fetched> {
  return await context.api.json<Fetched>({ path: `/gantry/manifests/${imagePath(name)}`, query: { insecure: insecure || undefined }, headers: await authHeaders(context, name) });
}

export async function authHeaders(context: Context, name: string): Promise<Record<string, string>> {
  const auth = await authHeader(context, registryOf(name));
  return auth === undefined ? {} : { 'X-Registry-Auth': auth };
}

export function documentOf({ Raw: raw }: Pick<Fetched, 'Raw'>): Document {
  return JSON.parse(Buffer.from(raw, 'base64').toString('utf8')) as Document;
}
