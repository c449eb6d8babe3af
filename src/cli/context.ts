import type { Transport } from '../api/client/transport.ts';
import type { ClientConfig } from './connection/config-file.ts';

export interface GlobalFlags {
  config: string;
  context: string;
  debug: boolean;
  hosts: readonly string[];
  tls: boolean;
  tlscacert: string;
  tlscert: string;
  tlskey: string;
  tlsverify: boolean;
}

/** What the command line needs of the machine it is typed on, and Node lacks. */
export interface Machine {
  /** Lets output to a terminal in raw mode through as it is. */
  passOutput(terminal: number): Promise<void>;
  /** Takes the lock that a file stands for, until disposed or the process ends; undefined when another process has it. */
  tryLock(path: string): Promise<Disposable | undefined>;
}

/** What a command may touch: the terminal, the environment, the API and the person's configuration. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly globals: GlobalFlags;
  readonly machine: Machine;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** The connection, opened at the first call. */
  readonly api: Transport;
  readonly config: ClientConfig;
  /** Aborts at SIGINT or SIGTERM where the command has asked for it. */
  interruptible(): AbortSignal;
  /** Writes a line to stdout. */
  print(line: string): void;
  /** Writes a line to stderr. */
  warn(line: string): void;
}
