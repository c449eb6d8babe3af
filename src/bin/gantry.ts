import type { Machine } from '../cli/context.ts';

/** The program: rooms that are no part of the command line's grammar are handed over whole. */
const [word, ...rest] = process.argv.slice(2);

/** Nothing of the host's room is loaded before it is used. */
const machine: Machine = {
  passOutput: async (terminal) => (await import('../host/terminal.ts')).passOutput(terminal),
  tryLock: async (path) => {
    const [{ FileLock }, { hasKind }] = await Promise.all([import('../host/files-lock.ts'), import('../base/errors.ts')]);
    try {
      return FileLock.acquire(path);
    } catch (error) {
      if (hasKind(error, 'conflict')) return undefined;
      throw error;
    }
  },
};

async function status(): Promise<number> {
  switch (word) {
    case 'daemon': return (await import('../daemon/command.ts')).run(rest);
    case 'doctor': return (await import('../machine/doctor/command.ts')).run(rest);
    case 'registry': return (await import('../daemon/registry/command.ts')).run(rest);
    case 'setup': return (await import('../machine/setup/command.ts')).run(rest);
    default: return (await import('../cli/main.ts')).main(process.argv.slice(2), machine);
  }
}

process.exit(await status());
