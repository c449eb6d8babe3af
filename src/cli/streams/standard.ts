const used = new Set<NodeJS.WriteStream>();

/**
 * The output streams of this process. Making one takes a good part of a short command's time, so each is made when it is first wanted.
 * `gantry ps | head -1` ends quietly, as a program that SIGPIPE ends would.
 */
export const standard = {
  get stdout(): NodeJS.WriteStream {
    return watched(process.stdout);
  },
  get stderr(): NodeJS.WriteStream {
    return watched(process.stderr);
  },
};

/** Resolves once everything that was written has left. What could not leave ends the program. */
export async function flushed(): Promise<void> {
  await Promise.all([...used].map((stream) => new Promise<void>((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  })));
  // The event of an error comes a turn later, and a program that is done has none.
  for (const stream of used) if (stream.errored !== null) giveUp(stream, stream.errored);
}

function watched(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (used.has(stream)) return stream;
  used.add(stream);
  stream.on('error', (error) => giveUp(stream, error));
  return stream;
}

/** What was asked for cannot be delivered: a full disk, mostly. Remarks that get lost are no reason to end. */
function giveUp(stream: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(141);
  if (stream !== process.stdout) return;
  standard.stderr.write(`write /dev/stdout: ${reasonOf(error)}\n`);
  process.exit(1);
}

/** `no space left on device` of Node's `ENOSPC: no space left on device, write`. */
function reasonOf({ message }: Error): string {
  return /^[A-Z0-9]+: (.*), \w+$/.exec(message)?.[1] ?? message;
}
