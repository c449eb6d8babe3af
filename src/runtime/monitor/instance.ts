import { Socket } from 'node:net';
import { basename } from 'node:path';
import { atMost } from '../../base/at-most.ts';
import type { AttachRequest, ExitReport, Target, LogSettings } from '../driver/runtime.ts';
import { setTerminalSize, type TerminalSize } from '../../host/terminal.ts';
import type { LogWriter } from '../logs/log-writer.ts';
import { execFailure, isExecFailure } from './exec-failure.ts';
import { FanOut } from './fan-out.ts';
import { Pump } from './pump.ts';
import type { OutputStream } from './stream-frames.ts';

/** What is written before the start, so that the next monitor knows the target when this one dies. */
export interface InstanceFile {
  target: Target;
  tty: boolean;
  /** The attachment that ends its stdin ends the target's. */
  stdinOnce: boolean;
  runtime: string;
  runtimeArgs?: string[];
  cgroupPath: string;
  log?: LogSettings;
  /** First argument. */
  program?: string;
}

export interface Streams {
  stdin?: number;
  stdout?: number;
  stderr?: number;
  terminal?: number;
}

const unexecutedExitCode = 255;

/** One process that the monitor answers for: a container's first, or an exec's. */
export class Instance {
  readonly file: InstanceFile;
  readonly pid: number;
  readonly startedAt: string;
  exit: ExitReport | undefined;
  /** It was reaped; its exit follows when its output is written. */
  hasEnded = false;
  readonly #pumps: Pump[] = [];
  readonly #fanOut: FanOut;
  readonly #log: LogWriter | undefined;
  #stdin: Socket | undefined;
  #terminal: number | undefined;
  #finishing = false;
  /** Nothing was written yet. */
  #silent = true;
  /** The OCI runtime was there, and the program never. */
  #isUnexecuted = false;

  constructor(options: { file: InstanceFile; pid: number; startedAt: string; streams: Streams; log: LogWriter | undefined }) {
    this.file = options.file;
    this.pid = options.pid;
    this.startedAt = options.startedAt;
    this.#log = options.log;
    this.#fanOut = new FanOut(!options.file.tty, (held) => this.#hold(held));
    const { stdin, stdout, stderr, terminal } = options.streams;
    if (stdout !== undefined) this.#pump(stdout, 'fifo', 1);
    if (stderr !== undefined) this.#pump(stderr, 'fifo', 2);
    if (terminal !== undefined) this.#stdin = this.#pump(terminal, 'terminal', 1).stream;
    if (stdin !== undefined) this.#stdin = new Socket({ fd: stdin, readable: false, writable: true });
    // EPIPE: nobody inside reads any more.
    this.#stdin?.on('error', () => this.#dropStdin());
    this.#terminal = terminal;
  }

  /** What of the first output is the OCI runtime's word about a program that the kernel did not execute, as runc says it. */
  #failure(first: Buffer): Buffer | undefined {
    const { runtime, program = '' } = this.file;
    if (basename(runtime) === 'crun') return execFailure(first, program);
    return isExecFailure(first, program) ? first : undefined;
  }

  get target(): Target {
    return this.file.target;
  }

  /** Of a program that the kernel did not execute, which its output has told by now, the code of newer versions of runc. */
  exitCodeOf(exitCode: number): number {
    return this.#isUnexecuted && exitCode !== 0 ? unexecutedExitCode : exitCode;
  }

  attach(socket: Socket, request: AttachRequest): void {
    socket.on('error', () => socket.destroy());
    if (this.exit !== undefined || this.#finishing) {
      socket.end();
      socket.resume();
      return;
    }
    this.#fanOut.add(socket, request);
    if (request.log !== undefined) for (const stream of [1, 2] as const) this.#fanOut.writeTo(socket, stream, this.#log?.unfinished(stream === 1 ? 'stdout' : 'stderr'));
    this.#feedStdin(socket, request.stdin);
  }

  /** Nothing once all inside have closed the terminal: our end is closed then, and its number may be another one's. */
  resize(size: TerminalSize): void {
    if (this.#terminal !== undefined && this.#stdin?.destroyed === false) setTerminalSize(this.#terminal, size);
  }

  closeStdin(): void {
    if (!this.file.tty) this.#dropStdin();
  }

  /** Takes what is left in the FIFOs after the process ended. An exec's background children may write for `lingerMs` more. */
  async finishOutput(lingerMs: number): Promise<void> {
    if (lingerMs > 0) await atMost(lingerMs, Promise.all(this.#pumps.map(({ ended }) => ended)));
    for (const pump of this.#pumps) pump.drain();
    this.#finishing = true;
    await this.#log?.close();
  }

  /** Resolves when every attachment has what there was, or after `patienceMs`. */
  endAttachments(patienceMs: number): Promise<void> {
    return this.#fanOut.end(patienceMs);
  }

  /** Reads on and forgets while an exec's background child still writes, so that it does not block; a container's are dead. */
  closeStreams(): void {
    this.#dropStdin();
    this.#terminal = undefined;
    for (const pump of this.#pumps) {
      if (this.file.target.execId === undefined || this.file.tty) pump.close();
      else pump.resume();
    }
  }

  #pump(descriptor: number, kind: 'fifo' | 'terminal', stream: OutputStream): Pump {
    const pump = new Pump(descriptor, kind, (chunk) => this.#take(stream, chunk));
    this.#pumps.push(pump);
    return pump;
  }

  #take(stream: OutputStream, read: Buffer): void {
    if (this.#finishing) return;
    const failure = this.#silent ? this.#failure(read) : undefined;
    const chunk = failure ?? read;
    this.#isUnexecuted ||= failure !== undefined;
    this.#silent = false;
    this.#log?.write(stream === 1 ? 'stdout' : 'stderr', chunk);
    this.#fanOut.write(stream, chunk);
  }

  #hold(held: boolean): void {
    for (const pump of this.#pumps) {
      if (held) pump.pause();
      else pump.resume();
    }
  }

  #feedStdin(socket: Socket, wanted: boolean): void {
    const stdin = this.#stdin;
    if (!wanted || stdin === undefined) {
      // Bytes that nobody wants are read away, so that the peer's end is seen.
      socket.resume();
      return;
    }
    socket.on('data', (chunk: Buffer) => {
      if (stdin.destroyed || stdin.writableEnded) return;
      if (!stdin.write(chunk)) {
        socket.pause();
        stdin.once('drain', () => socket.resume());
      }
    });
    const ended = (): void => {
      if (this.file.stdinOnce && !this.file.tty) this.#dropStdin();
    };
    // An attachment that waited for the start may have ended its side already.
    if (socket.readableEnded) return ended();
    socket.once('end', ended);
    socket.once('close', ended);
    socket.resume();
  }

  #dropStdin(): void {
    if (this.file.tty || this.#stdin === undefined) return;
    const stdin = this.#stdin;
    this.#stdin = undefined;
    stdin.destroySoon();
  }
}
