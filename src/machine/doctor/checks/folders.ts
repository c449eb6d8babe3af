import { mkdtempSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../base/errors.ts';
import { nearestFolder } from '../../facts/host-facts.ts';
import { finding, ok, type Finding } from '../check.ts';

/** Folders that Gantry writes to. */
export interface Folders { root: string; run: string; temporary: string }

const remedies: Record<keyof Folders, string> = {
  root: "Mount it writable, or move it: gantry daemon --root",
  run: "Mount a tmpfs there, or move it: gantry daemon --run",
  temporary: 'Mount it writable, or name another with TMPDIR.',
};

/** Makes a folder in each and takes it away again. Those that cannot be written have a finding under their own name. */
export function folderFindings(folders: Folders): Finding[] {
  const refused = (Object.keys(remedies) as (keyof Folders)[]).flatMap((name) => {
    const said = refusal(folders[name]);
    return said === undefined ? [] : [finding(name, 'fail', `${folders[name]} cannot be written to: ${said}`, remedies[name])];
  });
  return refused.length > 0 ? refused : [ok('folders', `${Object.values(folders).join(', ')} can be written to`)];
}

function refusal(folder: string): string | undefined {
  try {
    rmdirSync(mkdtempSync(join(nearestFolder(folder), '.doctor-')));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
