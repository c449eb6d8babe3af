const used = new Set<NodeJS.WriteStream>();

/**
 * The output streams of this process. Making one takes a good part of a short command's time, so each is made when it is first wanted.
 * `gantry ps | head -1` ends quietly, as a program that SIGPIPE ends would.
 */
export const standard = {
  get stdout(): NodeJS.WriteStream {
    return quietOnBrokenPipe(process.stdout);
  },
  get stderr(): NodeJS.WriteStream {
    return quietOnBrokenPipe(process.stderr);
  },
};

/** Resolves once everything that was written has left. */
export async function flushed(): Promise<void> {
  await Promise.all([...used].map((stream) => new Promise<void>((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  })));
}

function quietOnBrokenPipe(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (used.has(stream)) return stream;
  used.add(stream);
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(141);
    throw error;
  });
  return stream;
}
