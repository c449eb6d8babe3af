import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { makeFifo, openInputFifo, openOutputFifo } from '../../host/fifos.ts';
import { fileNames } from './paths.ts';

/** The three descriptors that the OCI runtime gets, and our ends of them. */
export interface Stdio {
  /** Undefined once they are closed. */
  inside: [stdin: number, stdout: number, stderr: number] | undefined;
  stdin: number | undefined;
  stdout: number | undefined;
  stderr: number | undefined;
}

/**
 * Makes the FIFOs of a target without a tty in `directory`. With a tty all three are /dev/null: the terminal comes by the console
 * socket. @throws HostError, system errors of Node
 */
export function openStdio(directory: string, options: { tty: boolean; openStdin: boolean }): Stdio & { inside: [number, number, number] } {
  const opened: number[] = [];
  const keep = (descriptor: number): number => (opened.push(descriptor), descriptor);
  try {
    if (options.tty) {
      return { inside: [keep(nullDevice()), keep(nullDevice()), keep(nullDevice())], stdin: undefined, stdout: undefined, stderr: undefined };
    }
    const input = options.openStdin ? fifo(directory, fileNames.stdin, openInputFifo) : { inside: nullDevice(), outside: undefined };
    keep(input.inside);
    if (input.outside !== undefined) keep(input.outside);
    const out = fifo(directory, fileNames.stdout, openOutputFifo);
    keep(out.inside);
    keep(out.outside);
    const error = fifo(directory, fileNames.stderr, openOutputFifo);
    return { inside: [input.inside, out.inside, error.inside], stdin: input.outside, stdout: out.outside, stderr: error.outside };
  } catch (error) {
    opened.forEach((descriptor) => closeSync(descriptor));
    throw error;
  }
}

/** The runtime has its copies: ours would keep the FIFOs from ending. */
export function closeInside(stdio: Stdio): void {
  stdio.inside?.forEach((descriptor) => closeSync(descriptor));
  stdio.inside = undefined;
}

export function closeOutside(stdio: Stdio): void {
  for (const descriptor of [stdio.stdin, stdio.stdout, stdio.stderr]) if (descriptor !== undefined) closeSync(descriptor);
}

function fifo<T>(directory: string, name: string, open: (path: string) => T): T {
  const path = join(directory, name);
  makeFifo(path);
  return open(path);
}

const nullDevice = (): number => openSync('/dev/null', 'r+');
