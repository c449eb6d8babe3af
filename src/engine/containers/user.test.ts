import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveUser } from './user.ts';

const passwd = 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:App:/home/app:/bin/sh\n1500:x:7:7::/seven:\n# c\nbroken:x::0::/:\nodd:x:12x:0::/:\n';
const group = 'root:x:0:root\nwheel:x:10:root,app\napp:x:1001:\nstaff:x:50:app\nbad:x::app\n';
const resolve = (user: string, groupAdd: string[] = []) => resolveUser({ user, groupAdd }, { passwd, group });

const cases: [string, string[], number, number, number[], string][] = [
  ['', [], 0, 0, [0, 10], '/root'],
  ['0', [], 0, 0, [0, 10], '/root'],
  ['app', [], 1000, 1001, [1001, 10, 50], '/home/app'],
  ['1000', [], 1000, 1001, [1001, 10, 50], '/home/app'],
  ['app:staff', [], 1000, 50, [50], '/home/app'],
  ['app:77', ['wheel'], 1000, 77, [77, 10], '/home/app'],
  ['4242', [], 4242, 0, [0], '/'],
  ['4242:4243', ['5'], 4242, 4243, [4243, 5], '/'],
  ['+1000:', [], 1000, 1001, [1001, 10, 50], '/home/app'],
  [':staff', [], 0, 50, [50], '/root'],
  ['1500', [], 7, 7, [7], '/seven'],
  ['2147483647', [], 2147483647, 0, [0], '/'],
];
for (const [user, groupAdd, uid, gid, additionalGids, home] of cases) {
  test(`resolveUser() of ${JSON.stringify(user)} with ${JSON.stringify(groupAdd)}`, () => {
    assert.deepEqual(resolve(user, groupAdd), { uid, gid, additionalGids, home });
  });
}

const refused: [string, string[], string][] = [
  ['nobody', [], 'unable to find user nobody: no matching entries in passwd file'],
  ['broken', [], 'unable to find user broken: no matching entries in passwd file'],
  ['odd', [], 'unable to find user odd: no matching entries in passwd file'],
  ['app:nogroup', [], 'unable to find group nogroup: no matching entries in group file'],
  ['', ['bad'], 'unable to find group bad: no matching entries in group file'],
  ['-1', [], 'uids and gids must be in range 0-2147483647'],
  ['2147483648', [], 'uids and gids must be in range 0-2147483647'],
  ['1:4294967296', [], 'uids and gids must be in range 0-2147483647'],
  ['1:99999999999999999999', [], 'unable to find group 99999999999999999999: no matching entries in group file'],
  ['0x0', [], 'unable to find user 0x0: no matching entries in passwd file'],
  [' ', [], 'unable to find user  : no matching entries in passwd file'],
];
for (const [user, groupAdd, message] of refused) {
  test(`resolveUser() refuses ${JSON.stringify(user)} with ${JSON.stringify(groupAdd)}`, () => assert.throws(() => resolve(user, groupAdd), { message }));
}
