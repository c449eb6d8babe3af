import { GantryError, hasKind, messageOf } from '../../base/errors.ts';

export interface StartFailure { error: GantryError; exitCode: 126 | 127 | 128 }

/**
 * What a failed start means. Clients read the exit code of `docker run` from these sentences, so they carry the words Docker's runtime has,
 * whichever OCI runtime said no.
 */
export function startFailure(cause: unknown, program: string): StartFailure {
  const text = messageOf(cause);
  const lower = text.toLowerCase();
  const failed = (reason: string, exitCode: 126 | 127): StartFailure => ({
    exitCode,
    error: new GantryError('invalid',
      `failed to create task for container: failed to create shim task: OCI runtime create failed: unable to start container process: ${reason}: unknown`, { cause }),
  });
  if (saysItAlready(cause)) return { exitCode: 128, error: cause };
  // crun, of a process that may not make itself safer from the kernel's choice than its parent is.
  if (/oom_score_adj/.test(lower)) return { exitCode: 128, error: unnamed(text, cause) };
  const quoted = JSON.stringify(program);
  if (/executable file .*not found|cannot find `.*` in \$path/.test(lower)) {
    return failed(program.includes('/') ? `exec: ${quoted}: stat ${program}: no such file or directory` : `exec: ${quoted}: executable file not found in $PATH`, 127);
  }
  // crun before 1.21 opens the program before it looks at it, and says of a directory that this is not permitted.
  if (/is a directory|open executable: operation not permitted|the path .* is not a regular file/.test(lower)) {
    return program === '' ? failed('exec: "": executable file not found in $PATH', 127) : failed(`exec: ${quoted}: is a directory: permission denied`, 126);
  }
  if (/permission denied|exec format error|exists but it is not executable/.test(lower)) return failed(lower.includes('exec format') ? `exec: ${quoted}: exec format error` : `exec: ${quoted}: permission denied`, 126);
  const directory = /chdir (?:to cwd \("|(?:to )?[`'"]?)(.*?)(?:"\) set in config.json failed|[`'"]?): (.*)$/.exec(text);
  if (directory !== null) return failed(`chdir to cwd (${JSON.stringify(directory[1])}) set in config.json failed: ${directory[2]!.toLowerCase()}`, 127);
  if (/not a directory/.test(lower)) {
    return failed(`${reasonOf(text, program)}: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type`, 127);
  }
  if (/no such file or directory/.test(lower)) return failed(reasonOf(text, program), 127);
  if (text.startsWith(runtimeError)) return { exitCode: 128, error: unnamed(text, cause) };
  if (hasKind(cause, 'internal') || !(cause instanceof GantryError)) return { exitCode: 128, error: new GantryError('internal', text, { cause }) };
  return { exitCode: 128, error: cause };
}

/** What the monitor says first of every refusal of an OCI runtime. */
const runtimeError = 'OCI runtime error: ';

/** A refusal that has no words of Docker's: the runtime's own, behind what clients look for. */
function unnamed(text: string, cause: unknown): GantryError {
  const reason = text.startsWith(runtimeError) ? text.slice(runtimeError.length) : text;
  return new GantryError('invalid', `failed to create task for container: failed to create shim task: OCI runtime create failed: ${reason}: unknown`, { cause });
}

/** What clients and tests of Docker look for where a network, an address or a port could not be had. */
export const networkingFailed = 'failed to set up container networking';

/** What is said first of a name server that is no address. */
export const badNameserver = 'bad nameserver address';

/** Without what runc says around it, which stands around every reason here; and a program below a file in runc's words, which crun cannot open. */
function reasonOf(text: string, program: string): string {
  if (text.includes('crun: open executable: ') || text.includes(`open \`${program}\`: `)) return `exec: ${JSON.stringify(program)}: stat ${program}: not a directory`;
  return text.replace(/^OCI runtime error: runc: (runc run|exec) failed: unable to start container process: /, '');
}

/** Mounts, networks and images fail in Docker's words; only what the OCI runtime says must be read. */
export function saysItAlready(cause: unknown): cause is GantryError {
  if (!(cause instanceof GantryError) || cause.message.startsWith('OCI runtime')) return false;
  return cause.kind !== 'internal' || ['error while ', networkingFailed, badNameserver].some((beginning) => cause.message.startsWith(beginning));
}
