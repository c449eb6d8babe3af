import { checked, libc } from './ffi.ts';

const ioctl = libc.func('int ioctl(int fd, unsigned long request, ...)');
const TIOCSWINSZ = 0x5414;

export interface TerminalSize { rows: number; columns: number }

/** Sets the size of the terminal behind a pty master; its foreground processes get SIGWINCH. @throws HostError */
export function setTerminalSize(master: number, size: TerminalSize): void {
  const window = Buffer.alloc(8);
  window.writeUInt16LE(size.rows & 0xffff, 0);
  window.writeUInt16LE(size.columns & 0xffff, 2);
  checked(ioctl(master, TIOCSWINSZ, 'void *', window) as number, 'ioctl', 'TIOCSWINSZ');
}
