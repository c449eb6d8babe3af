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
  if (typeof found !== 'object' || found === null || !isDigest(found.digest) || !Number.isSafeInteger(found.size) || (found.size as number) < 0) {
    throw new GantryError('invalid', `invalid descriptor in ${where}`);
  }
  return { ...found, mediaType: typeof found.mediaType === 'string' ? found.mediaType : '' } as Descriptor;
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
