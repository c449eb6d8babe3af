/** An escape sequence around it on a terminal. */
const colour = '(?:\\x1b\\[[0-9;]*m)?';
/** On one line; since 1.22 on several, with slashes escaped. */
const ofContainer = new RegExp(`^${colour}\\{\\s*"msg":\\s*"exec container process[^\`]*\`(.+)\`: ([^"]+)",\\s*"level":\\s*"error",\\s*"time":\\s*"[^"]*"\\s*\\}\\s*?${colour}(\\r?\\n)$`);
const ofExec = new RegExp(`^${colour}exec(?: \`.+\`)?: (No such file or directory|Exec format error)${colour}(\\r?\\n)$`);

/**
 * crun finds out only in the container that the kernel does not execute a program whose interpreter is missing or whose format is
 * unknown, and says so on the container's own stderr, in the format of its log. That becomes the sentence that runc says there.
 * `first` is the first thing that is said at all; undefined when it is something else.
 */
export function execFailure(first: Buffer, program: string): Buffer | undefined {
  if (first.length > 8192) return undefined;
  const text = first.toString();
  const [, path, reason, end] = ofContainer.exec(text) ?? [];
  if (path !== undefined && reason !== undefined) return sentence(unescaped(path), reason, end);
  const [, why, newline] = ofExec.exec(text) ?? [];
  return why === undefined ? undefined : sentence(program, why, newline);
}

/** Whether the first that is said at all is runc's word that the kernel did not execute this program; it names the place where the program was found. */
export function isExecFailure(first: Buffer, program: string): boolean {
  if (first.length > 8192 || program === '') return false;
  const [, path = ''] = /^exec (.+): (?:no such file or directory|exec format error)\r?\n$/.exec(first.toString()) ?? [];
  return path === program || path.endsWith(`/${program}`);
}

function sentence(path: string, reason: string, end = '\n'): Buffer {
  return Buffer.from(`exec ${path}: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}${end}`);
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}
