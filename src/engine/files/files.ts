import { changesVerb } from './changes.ts';
import { commitVerb } from './commit.ts';
import type { FileDeps } from './deps.ts';
import { exportVerb, readVerb, statVerb } from './read.ts';
import type { FileVerbs } from './verbs.ts';
import { writeVerb } from './write.ts';

/** All verbs over one set of parts. */
export function createFileVerbs(deps: FileDeps): FileVerbs {
  return {
    stat: statVerb(deps), read: readVerb(deps), write: writeVerb(deps), export: exportVerb(deps), changes: changesVerb(deps), commit: commitVerb(deps),
  };
}
