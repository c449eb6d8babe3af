import { isRepositoryPath, maxNameLength } from '../../oci/reference.ts';

/** An id that the server gave to an upload. */
const uploadPattern = /^[0-9a-f]{32}$/;

/** A longer name than clients allow could be pushed but never pulled. */
export function isRepositoryName(text: string): boolean {
  return text.length <= maxNameLength && isRepositoryPath(text);
}

export function isUploadId(text: string): boolean {
  return uploadPattern.test(text);
}
