import { createHash } from 'node:crypto';
import { Duplex } from 'node:stream';
import { GantryError } from '../../../base/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import { takeSocket } from './hijack.ts';

/** https://www.rfc-editor.org/rfc/rfc6455 */
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** A message of a terminal is small; a frame that claims more is refused before any of it is kept. */
const maxFrameBytes = 1024 * 1024;

/** Completes the handshake and gives the messages as a stream of bytes. @throws invalid on a handshake that is none. */
export function acceptWebSocket(exchange: Exchange, options: { binary: boolean }): Duplex {
  const { headers } = exchange.request;
  const key = headers['sec-websocket-key'];
  if (key === undefined || headers['sec-websocket-version'] !== '13') throw new GantryError('invalid', 'not a WebSocket handshake of version 13');
  const accept = createHash('sha1').update(key + guid).digest('base64');
  const socket = takeSocket(exchange);
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  return new WebSocketStream(socket, options.binary ? opcodes.binary : opcodes.text);
}

/** The server's side of a WebSocket as a stream: what is read are the client's messages, what is written becomes a message. */
class WebSocketStream extends Duplex {
  readonly #socket: Duplex;
  readonly #opcode: number;
  #pending: Buffer = Buffer.alloc(0);

  constructor(socket: Duplex, opcode: number) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#opcode = opcode;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
    socket.on('error', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(serverFrame(this.#opcode, chunk), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(serverFrame(opcodes.close, Buffer.of(0x03, 0xe8)), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const next = parseFrame(this.#pending);
      if (next === 'incomplete') return;
      if (next === 'invalid') return void this.destroy();
      this.#pending = this.#pending.subarray(next.length);
      this.#handle(next.opcode, next.payload);
    }
  }

  #handle(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) this.#socket.write(serverFrame(opcodes.pong, payload));
    else if (opcode === opcodes.close) this.#socket.end(serverFrame(opcodes.close, payload.subarray(0, 2)));
    else if (opcode !== opcodes.pong && payload.length > 0 && !this.push(payload)) this.#socket.pause();
  }
}

interface ClientFrame { opcode: number; payload: Buffer; length: number }

/** Frames of a client are masked, always. */
function parseFrame(bytes: Buffer): ClientFrame | 'incomplete' | 'invalid' {
  if (bytes.length < 2) return 'incomplete';
  const opcode = bytes[0]! & 0x0f;
  const known = (Object.values(opcodes) as number[]).includes(opcode);
  if ((bytes[0]! & 0x70) !== 0 || (bytes[1]! & 0x80) === 0 || !known) return 'invalid';
  const short = bytes[1]! & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headerLength = 2 + lengthBytes + 4;
  if (bytes.length < headerLength) return 'incomplete';
  const size = lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (size > maxFrameBytes) return 'invalid';
  if (bytes.length < headerLength + size) return 'incomplete';
  const mask = bytes.subarray(headerLength - 4, headerLength);
  const payload = Buffer.from(bytes.subarray(headerLength, headerLength + size));
  for (let index = 0; index < size; index++) payload[index]! ^= mask[index % 4]!;
  return { opcode, payload, length: headerLength + size };
}

function serverFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head = length < 126 ? Buffer.of(0x80 | opcode, length)
    : length < 65_536 ? Buffer.of(0x80 | opcode, 126, length >> 8, length & 0xff)
      : Buffer.concat([Buffer.of(0x80 | opcode, 127, 0, 0, 0, 0), uint32(length)]);
  return Buffer.concat([head, payload]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
