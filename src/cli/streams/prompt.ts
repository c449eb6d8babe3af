import type { Context } from '../context.ts';
import { ExitError } from '../errors.ts';

/** Asks and reads one line, without its end; what there is at the end of stdin. Ctrl-C ends the command, which then has done what it was told to. */
export async function ask(context: Pick<Context, 'stdin' | 'stdout'>, question: string): Promise<string> {
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  const onInterrupt = (): void => {
    context.stdout.write('\n');
    reject(new ExitError(0));
  };
  process.once('SIGINT', onInterrupt);
  context.stdout.write(question);
  try {
    return (await Promise.race([lineOf(context.stdin), interrupted])).trim();
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

/** As ask(), on a terminal, and shows nothing of what is typed. */
export async function askSecretly({ stdin, stdout }: Pick<Context, 'stdin' | 'stdout'>, question: string): Promise<string> {
  stdin.setRawMode(true);
  const restore = (): void => { stdin.setRawMode(false); };
  process.once('exit', restore);
  stdout.write(question);
  try {
    return await typed(stdin);
  } finally {
    process.off('exit', restore);
    restore();
    stdout.write('\n');
  }
}

async function lineOf(stdin: NodeJS.ReadStream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stdin.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(part as Buffer);
    const end = bytes.indexOf(10);
    parts.push(end < 0 ? bytes : bytes.subarray(0, end));
    if (end >= 0) break;
  }
  stdin.pause();
  return Buffer.concat(parts).toString('utf8');
}

/** The terminal is in raw mode: the keys that edit a line are ours to heed. */
async function typed(stdin: NodeJS.ReadStream): Promise<string> {
  let line: string[] = [];
  const decoder = new TextDecoder();
  for await (const part of stdin.iterator({ destroyOnReturn: false })) {
    for (const key of decoder.decode(part as Buffer, { stream: true })) {
      if (key === '\x03') throw new ExitError(0);
      if (key === '\r' || key === '\n' || key === '\x04') {
        stdin.pause();
        return line.join('');
      }
      if (key === '\x7f' || key === '\b') line.pop();
      else if (key === '\x15') line = [];
      else line.push(key);
    }
  }
  return line.join('');
}
