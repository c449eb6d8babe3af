import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../../base/errors.ts';
import { startFailure } from './start-failure.ts';

const cases: [string, string, number, RegExp][] = [
  ['OCI runtime error: crun: executable file `nope` not found in $PATH: No such file or directory', 'nope', 127, /exec: "nope": executable file not found in \$PATH: unknown$/],
  ['OCI runtime error: crun: executable file `/nope` not found in $PATH: No such file or directory', '/nope', 127, /exec: "\/nope": stat \/nope: no such file or directory: unknown$/],
  ['OCI runtime error: runc create failed: exec: "x": executable file not found in $PATH', 'x', 127, /exec: "x": executable file not found in \$PATH/],
  ['OCI runtime error: crun: open executable: Permission denied', '/etc/passwd', 126, /exec: "\/etc\/passwd": permission denied: unknown$/],
  ['OCI runtime error: crun: open executable: Operation not permitted', '/tmp', 126, /is a directory: permission denied: unknown$/],
  ['OCI runtime error: crun: open executable: Operation not permitted', '', 127, /exec: "": executable file not found in \$PATH: unknown$/],
  ['OCI runtime error: crun: chdir `/nope`: No such file or directory', 'sh', 127, /chdir to cwd \("\/nope"\) set in config.json failed: no such file or directory: unknown$/],
  ['OCI runtime error: crun: cannot find `` in $PATH: No such file or directory', '', 127, /exec: "": executable file not found in \$PATH: unknown$/],
  ['OCI runtime error: crun: the path `/etc/passwd` exists but it is not executable: Operation not permitted', '/etc/passwd', 126, /exec: "\/etc\/passwd": permission denied: unknown$/],
  ['OCI runtime error: crun: the path `/tmp` is not a regular file: Operation not permitted', '/tmp', 126, /is a directory: permission denied: unknown$/],
  ['OCI runtime error: crun: cannot open `/etc/passwd/x`: Not a directory', '/etc/passwd/x', 127, /process: exec: "\/etc\/passwd\/x": stat \/etc\/passwd\/x: not a directory: Are you trying/],
  ['OCI runtime error: crun: open executable: Not a directory', '/etc/passwd/x', 127, /process: exec: "\/etc\/passwd\/x": stat \/etc\/passwd\/x: not a directory: Are you trying/],
  ['OCI runtime error: crun: open `/etc/passwd/x`: Not a directory', '/etc/passwd/x', 127, /process: exec: "\/etc\/passwd\/x": stat \/etc\/passwd\/x: not a directory: Are you trying/],
  ['OCI runtime error: crun: chdir to `/nope`: No such file or directory', 'sh', 127, /chdir to cwd \("\/nope"\) set in config.json failed: no such file or directory: unknown$/],
  ['OCI runtime error: runc: exec failed: unable to start container process: chdir to cwd ("/nope") set in config.json failed: no such file or directory', 'sh', 127, /process: chdir to cwd \("\/nope"\) set in config.json failed: no such file or directory: unknown$/],
  ['OCI runtime error: runc: runc run failed: unable to start container process: error during container init: exec: "/nope": stat /nope: no such file or directory', '/nope', 127, /OCI runtime create failed: unable to start container process: error during container init: exec: "\/nope": stat \/nope: no such file or directory: unknown$/],
  ['OCI runtime error: crun: mount `/x` to `y`: Not a directory', 'sh', 127, /Are you trying to mount a directory onto a file/],
  ['OCI runtime error: crun: write to `/proc/self/oom_score_adj`: Permission denied', 'sh', 128, /create failed: crun: write to `\/proc\/self\/oom_score_adj`: Permission denied: unknown$/],
  ['OCI runtime error: crun: mount `tmpfs` to `t`: Invalid argument', 'sh', 128, /^failed to create task for container: failed to create shim task: OCI runtime create failed: crun: mount `tmpfs` to `t`: Invalid argument: unknown$/],
];
for (const [text, program, exitCode, sentence] of cases) {
  test(`startFailure() reads ${JSON.stringify(text.slice(0, 60))} as ${exitCode}`, () => {
    const failure = startFailure(new GantryError('invalid', text), program);
    assert.equal(failure.exitCode, exitCode);
    assert.equal(failure.error.kind, 'invalid');
    assert.match(failure.error.message, sentence);
  });
}

test('startFailure() keeps an error of the engine as it is, with Docker\'s exit code for what it cannot name', () => {
  for (const error of [
    new GantryError('conflict', 'port is taken'),
    new GantryError('invalid', 'cannot access path x: no such file or directory'),
    new GantryError('internal', "error while mounting volume '/v': failed to mount local volume: mount x:/v: permission denied"),
  ]) assert.deepEqual(startFailure(error, 'sh'), { error, exitCode: 128 });
});
