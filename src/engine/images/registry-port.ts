import type { ContentStore } from '../../store/content/content.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Reference } from '../../oci/reference.ts';
import type { PullOptions } from './verbs.ts';

/** What images need of a registry client: blobs and manifests in both directions, verified by digest. */
export interface RegistryPort {
  /** Finds what a name stands for, without its content. @throws notFound, unauthorized, unavailable */
  resolve(reference: Reference, options: RegistryCall): Promise<Descriptor>;
  /** Brings one blob or manifest into the store, resuming an earlier try. */
  fetch(reference: Reference, descriptor: Descriptor, options: RegistryCall & { content: ContentStore }): Promise<void>;
  /** All tags of a repository. */
  tags(reference: Reference, options: RegistryCall): Promise<string[]>;
  /** Sends one blob or manifest, unless it is there. Blobs first. */
  push(reference: Reference, descriptor: Descriptor, options: RegistryCall & { content: ContentStore }): Promise<void>;
}

export type RegistryCall = Pick<PullOptions, 'auth' | 'progress' | 'signal'>;
