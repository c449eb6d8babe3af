import { GantryError } from '../../base/errors.ts';

export interface ResolvedUser {
  uid: number;
  gid: number;
  /** `gid` is among them: else a set-group-id program could drop it, and pass where files keep that group out (CVE-2022-36109). */
  additionalGids: number[];
  home: string;
}

interface PasswdLine { name: string; uid: number; gid: number; home: string }
interface GroupLine { name: string; gid: number; members: string[] }

const largestId = 2 ** 31 - 1;

/**
 * Numbers for `user[:group]`, names or numbers, as the container's own files define them.
 * @throws invalid with the sentences Docker's users know.
 */
export function resolveUser(request: { user: string; groupAdd: readonly string[] }, files: { passwd: string; group: string }): ResolvedUser {
  const at = request.user.indexOf(':');
  const [userText, groupText] = at === -1 ? [request.user, ''] : [request.user.slice(0, at), request.user.slice(at + 1)];
  const groups = parseGroup(files.group);
  const { entry, uid } = findUser(userText, parsePasswd(files.passwd));
  const gid = groupText === '' ? entry?.gid ?? 0 : findGroup(groupText, groups);
  // A group by name or number replaces the membership the files give.
  const member = groupText === '' && entry !== undefined ? groups.filter((group) => group.members.includes(entry.name)).map((group) => group.gid) : [];
  const added = request.groupAdd.map((group) => findGroup(group, groups));
  return { uid, gid, additionalGids: [...new Set([gid, ...member, ...added])], home: entry?.home || '/' };
}

function findUser(text: string, users: PasswdLine[]): { entry: PasswdLine | undefined; uid: number } {
  const wanted = text === '' ? '0' : text;
  const number = numberOf(wanted);
  const entry = users.find((user) => user.name === wanted) ?? users.find((user) => number !== undefined && user.uid === number);
  if (entry !== undefined) return { entry, uid: entry.uid };
  if (number === undefined) throw new GantryError('invalid', `unable to find user ${text}: no matching entries in passwd file`);
  return { entry, uid: inRange(number) };
}

function findGroup(text: string, groups: GroupLine[]): number {
  const number = numberOf(text);
  const entry = groups.find((group) => group.name === text) ?? groups.find((group) => number !== undefined && group.gid === number);
  if (entry !== undefined) return entry.gid;
  if (number === undefined) throw new GantryError('invalid', `unable to find group ${text}: no matching entries in group file`);
  return inRange(number);
}

/** As Docker reads it: with a sign, and a name when it is more than 64 bits hold. */
function numberOf(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) && Math.abs(Number(text)) < 2 ** 63 ? Number(text) : undefined;
}

function inRange(id: number): number {
  if (id < 0 || id > largestId) throw new GantryError('invalid', `uids and gids must be in range 0-${largestId}`);
  return id;
}

function parsePasswd(text: string): PasswdLine[] {
  return rows(text).flatMap(([name, , uid, gid, , home]) => {
    const line = { name: name ?? '', uid: Number(uid), gid: Number(gid), home: home ?? '' };
    return isId(line.uid, uid) && isId(line.gid, gid) ? [line] : [];
  });
}

function parseGroup(text: string): GroupLine[] {
  return rows(text).flatMap(([name, , gid, members]) => {
    const line = { name: name ?? '', gid: Number(gid), members: (members ?? '').split(',').filter((member) => member !== '') };
    return isId(line.gid, gid) ? [line] : [];
  });
}

function rows(text: string): string[][] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(':'));
}

/** A damaged line gives nobody an identity: `Number('')` is 0, and 0 is root. */
function isId(value: number, text: string | undefined): boolean {
  return text !== undefined && /^\d+$/.test(text) && value <= largestId;
}
