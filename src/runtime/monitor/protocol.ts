/**
 * What daemon and monitor say to each other over `<run>/monitor.sock`. Every connection begins with one hello frame and its answer.
 * A control connection then carries frames both ways; an attachment's connection carries nothing but the stream's bytes: from the
 * container as on Docker's wire (8-byte headers without a tty, raw with one), to the container raw, half-close ending stdin.
 * A frame is a length (u32, big endian) and that many bytes of JSON. The version rises when an old daemon or monitor would misread.
 */
import { GantryError, isGantryError, messageOf, type ErrorKind } from '../../base/errors.ts';
import type { AttachRequest, ExecRequest, ExitReport, LogEnd, MonitorEntry, StartRequest, Target } from '../driver/runtime.ts';

export const protocolVersion = 1;
/** Larger than any honest frame: an exec's process object with a full environment. */
export const maximumFrameBytes = 16 * 1024 * 1024;

export type Hello =
  | { version: number; kind: 'control' }
  | { version: number; kind: 'attach'; target: Target; request: AttachRequest };

/** `attachment` names an attachment's connection, for `detach`. */
export type HelloAnswer = { version: number; pid: number; tty?: boolean; attachment?: number; logEnd?: LogEnd } | { version: number; error: WireError };

export type Operations = {
  start: { input: StartRequest; output: { pid: number } };
  exec: { input: ExecRequest; output: { pid: number } };
  resize: { input: { target: Target; size: { rows: number; columns: number } }; output: null };
  signal: { input: { target: Target; signal: number }; output: null };
  closeStdin: { input: Target; output: null };
  /** Ends an attachment: on its own connection, a peer that is gone looks like one that has only ended its stdin. */
  detach: { input: number; output: null };
  list: { input: null; output: MonitorEntry[] };
  release: { input: Target; output: null };
};
export type Operation = keyof Operations;

export interface CallFrame { sequence: number; operation: Operation; input: unknown }
export type ReplyFrame = { sequence: number; output: unknown } | { sequence: number; error: WireError };
/** `exit` is sent once to every control connection, and all unreleased ones right after its hello. */
export interface ExitFrame { exit: ExitReport }

export interface WireError { kind: ErrorKind; message: string; hint?: string }

export function toWireError(error: unknown): WireError {
  return isGantryError(error)
    ? { kind: error.kind, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
    : { kind: 'internal', message: messageOf(error) };
}

export function fromWireError(error: WireError): GantryError {
  return new GantryError(error.kind, error.message, error.hint === undefined ? {} : { hint: error.hint });
}

export function encodeFrame(value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value));
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, 4);
  return frame;
}

/** Collects bytes and takes whole frames off their front. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next frame, or undefined until more bytes come. @throws invalid for a frame that is too long or no JSON. */
  next(): unknown {
    if (this.#length < 4) return undefined;
    const bytes = this.#joined();
    const length = bytes.readUInt32BE(0);
    if (length > maximumFrameBytes) throw new GantryError('invalid', `frame of ${length} bytes is too long`);
    if (bytes.length < 4 + length) return undefined;
    this.#chunks = [bytes.subarray(4 + length)];
    this.#length = bytes.length - 4 - length;
    try {
      return JSON.parse(bytes.toString('utf8', 4, 4 + length));
    } catch (cause) {
      throw new GantryError('invalid', 'frame is not JSON', { cause });
    }
  }

  /** What came after the last frame that was taken. */
  rest(): Buffer {
    return this.#joined();
  }

  #joined(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }
}

export function targetKey(target: Target): string {
  return target.execId === undefined ? target.id : `${target.id}/${target.execId}`;
}

/** Ids become path segments and arguments of the OCI runtime. @throws invalid */
export function checkTarget(target: Target): void {
  for (const id of [target.id, target.execId]) {
    if (id !== undefined && !/^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}$/.test(id)) throw new GantryError('invalid', `invalid id: ${JSON.stringify(id)}`);
  }
}
