/** What tools/build.ts writes into the programs; a program that runs from its sources knows neither. */
declare const gantryBuild: Build | undefined;

export interface Build {
  /** The first digits of the commit; empty when it is not known. */
  gitCommit: string;
  /** RFC 3339; empty when it is not known. */
  time: string;
}

export const build: Build = typeof gantryBuild === 'undefined' ? { gitCommit: '', time: '' } : gantryBuild;

/** What `--version` says. */
export function versionLine(version: string): string {
  return `Gantry version ${version}${build.gitCommit === '' ? '' : `, build ${build.gitCommit}`}`;
}
