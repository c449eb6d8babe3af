import type { Duplex } from 'node:stream';
import { GantryError } from '../../../base/errors.ts';
import type { AttachOptions } from '../../../engine/containers/verbs.ts';
import { atLeast } from '../../types/version.ts';
import { skipBody } from '../http/body.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Handler } from '../http/router.ts';
import { parseDetachKeys } from '../streams/detach-keys.ts';
import { hijack } from '../streams/hijack.ts';
import { pump } from '../streams/pump.ts';
import { acceptWebSocket } from '../streams/websocket.ts';

/** `POST /containers/{id}/attach`: the connection becomes the container's streams. What is wrong is told before it does. */
export const attach: Handler = async (exchange, services) => {
  const options = attachOptions(exchange);
  const detachKeys = detachKeysOf(exchange);
  await skipBody(exchange);
  const { stream, tty, detached } = await services.containers.attach(exchange.params['name']!, options);
  const client = orLetGo(stream, () => hijack(exchange, { tty }));
  await pump(client, stream, { ...options, tty, detachKeys, detached });
};

/** `GET /containers/{id}/attach/ws`: messages instead of bytes; never framed, since a browser cannot take frames apart. */
export const attachWebSocket: Handler = async (exchange, services) => {
  const all = { ...attachOptions(exchange), stdin: true, stdout: true, stderr: true };
  const options = atLeast(exchange.version, '1.42') ? attachOptions(exchange) : all;
  const detachKeys = detachKeysOf(exchange);
  if (exchange.upgrade?.protocol.toLowerCase() !== 'websocket') throw new GantryError('invalid', 'this path speaks the WebSocket protocol alone: an Upgrade: websocket header is missing');
  const { stream, tty, detached } = await services.containers.attach(exchange.params['name']!, options);
  const client = orLetGo(stream, () => acceptWebSocket(exchange, { binary: atLeast(exchange.version, '1.28') }));
  await pump(client, stream, { ...options, tty, detachKeys, detached, unframe: true });
};

/** Streams that nobody comes to read would hold the container back once its output is not read any more. */
function orLetGo(stream: Duplex, takeClient: () => Duplex): Duplex {
  try {
    return takeClient();
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

function attachOptions({ query }: Exchange): AttachOptions {
  const [stdin, stdout, stderr, logs, stream] = (['stdin', 'stdout', 'stderr', 'logs', 'stream'] as const).map((name) => query.flag(name));
  return { stdin: stdin!, stdout: stdout!, stderr: stderr!, logs: logs!, stream: stream! };
}

function detachKeysOf({ query }: Exchange): Uint8Array {
  const text = query.text('detachKeys');
  const keys = parseDetachKeys(text);
  if (keys === undefined) throw new GantryError('invalid', `Invalid detach keys (${text}) provided`);
  return keys;
}
