/** Grammars of the protocol's names. https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const repositoryPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const uploadPattern = /^[0-9a-f]{32}$/;

/** Clients limit host and name together to 255, so a longer name could be pushed but never pulled. */
const longestName = 255;

/** Such a name is a relative path without `.` or `..`, hidden or empty segments, so it is safe as a folder. */
export function isRepositoryName(text: string): boolean {
  return text.length <= longestName && repositoryPattern.test(text);
}

export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/** An id that the server gave to an upload. */
export function isUploadId(text: string): boolean {
  return uploadPattern.test(text);
}
