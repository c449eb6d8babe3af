import { errnoOf } from '../../base/errors.ts';

/** What `act` opens beside what is really needed; undefined when this process, or the host, has no descriptors left for it. */
export function ifDescriptorsAreLeft<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (['EMFILE', 'ENFILE', 'ENOMEM'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
