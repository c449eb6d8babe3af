import { checked, libc } from './ffi.ts';

const ioctl = libc.func('int ioctl(int fd, unsigned long request, ...)');
const tcgetattr = libc.func('int tcgetattr(int fd, void *termios)');
const tcsetattr = libc.func('int tcsetattr(int fd, int action, const void *termios)');
const TIOCSWINSZ = 0x5414;
const TCSADRAIN = 1;
const OPOST = 1;
/** Four words of flags, the line discipline and 32 control characters: 60 bytes with the C library's speeds. */
const termiosBytes = 64;
const outputFlagsOffset = 4;

export interface TerminalSize { rows: number; columns: number }

/** Sets the size of the terminal behind a pty master; its foreground processes get SIGWINCH. @throws HostError */
export function setTerminalSize(master: number, size: TerminalSize): void {
  const window = Buffer.alloc(8);
  window.writeUInt16LE(size.rows & 0xffff, 0);
  window.writeUInt16LE(size.columns & 0xffff, 2);
  checked(ioctl(master, TIOCSWINSZ, 'void *', window) as number, 'ioctl', 'TIOCSWINSZ');
}

/**
 * Lets output through as it is: a newline no longer brings a carriage return. Node's raw mode leaves that on, for programs that write their own
 * lines; what comes from another terminal has them already. Node's `setRawMode(false)` puts it back. @throws HostError
 */
export function passOutput(terminal: number): void {
  const termios = Buffer.alloc(termiosBytes);
  checked(tcgetattr(terminal, termios) as number, 'tcgetattr');
  termios.writeUInt32LE((termios.readUInt32LE(outputFlagsOffset) & ~OPOST) >>> 0, outputFlagsOffset);
  checked(tcsetattr(terminal, TCSADRAIN, termios) as number, 'tcsetattr');
}
