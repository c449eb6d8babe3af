import { GantryError } from '../base/errors.ts';
import { isDigest, type Digest } from './digest.ts';
import type { Platform } from './platform.ts';

/** https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** Bytes. */
  size: number;
  urls?: string[];
  annotations?: Record<string, string>;
  platform?: Platform & Record<string, unknown>;
  artifactType?: string;
}

/** @throws invalid, naming where */
export function readDescriptor(value: unknown, where: string): Descriptor {
  const found = value as Partial<Descriptor> | null | undefined;
  const why = typeof found !== 'object' || found === null ? 'it is no object' : whyNoDescriptor(found);
  if (why !== undefined) throw new GantryError('invalid', `invalid descriptor in ${where}: ${why}`);
  // null is "not said", as in Go.
  const said = Object.fromEntries(Object.entries(found as object).filter(([, field]) => field !== null));
  return { ...said, mediaType: typeof found?.mediaType === 'string' ? found.mediaType : '' } as Descriptor;
}

function whyNoDescriptor({ digest, size, platform, annotations }: Partial<Record<keyof Descriptor, unknown>>): string | undefined {
  const isObject = (one: unknown): one is Record<string, unknown> => typeof one === 'object' && one !== null && !Array.isArray(one);
  const isText = (one: unknown): boolean => typeof one === 'string';
  if (!isDigest(digest)) return 'its digest is none';
  if (!Number.isSafeInteger(size) || (size as number) < 0) return 'its size is not possible';
  if (annotations !== undefined && annotations !== null && !(isObject(annotations) && Object.values(annotations).every(isText))) return 'its annotations are not texts';
  const isPlatform = isObject(platform) && isText(platform['os']) && isText(platform['architecture']) && (platform['variant'] === undefined || isText(platform['variant']));
  return platform === undefined || platform === null || isPlatform ? undefined : 'its platform is none';
}

/** A JSON object. @throws invalid, naming where */
export function readObject(bytes: Uint8Array, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new GantryError('invalid', `${where} is not valid JSON`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new GantryError('invalid', `${where} is not a JSON object`);
  return value as Record<string, unknown>;
}
