import { hasKind, messageOf } from '../../../base/errors.ts';
import { atLeast } from '../../types/version.ts';
import { decodeStruct } from '../codec/decode.ts';
import { field, type Struct } from '../codec/field.ts';
import { readJson } from '../http/body.ts';
import type { Exchange } from '../http/exchange.ts';
import { sendEmpty } from '../http/respond.ts';
import type { Handler } from '../http/router.ts';
import { parseDetachKeys } from '../streams/detach-keys.ts';
import { frame, streamNumber } from '../streams/frames.ts';
import { hijack } from '../streams/hijack.ts';
import { pump } from '../streams/pump.ts';

const startStruct: Struct = {
  name: 'ExecStartOptions',
  fields: [field('Detach', 'bool'), field('Tty', 'bool'), field('ConsoleSize', { pointer: 'size' })],
};

interface StartBody { detach?: boolean; tty?: boolean; consoleSize?: [number, number] }

/**
 * `POST /exec/{id}/start`: detached it answers at once, else the connection becomes the streams of the new process.
 * An exec that may not start is refused with a status. A program that cannot be run is told in the stream, where Docker's clients
 * look for it; they read the exit code (126, 127) from inspect.
 */
export const start: Handler = async (exchange, { execs }) => {
  const { params, version } = exchange;
  const { detach = false, tty = false, consoleSize } = decodeStruct<StartBody>(startStruct, (await readJson(exchange)) ?? {});
  const sized = tty && consoleSize !== undefined && atLeast(version, '1.42');
  const id = params['id']!;
  const { request } = execs.inspect(id);
  const started = execs.start(id, { detach, tty, ...(sized && { consoleSize }) });
  const attachment = detach ? await started : await started.catch((error: unknown) => tellInStream(exchange, tty, error));
  if (attachment === undefined) return detach ? sendEmpty(exchange, 200) : undefined;
  const client = hijack(exchange, { tty: attachment.tty });
  await pump(client, attachment.stream, {
    stdin: request.attachStdin,
    stdout: request.attachStdout,
    stderr: request.attachStderr,
    tty: attachment.tty,
    detachKeys: parseDetachKeys(request.detachKeys),
    detached: attachment.detached,
  });
};

/** @throws the error itself when it is about the exec or its container, not about the program. */
function tellInStream(exchange: Exchange, tty: boolean, error: unknown): undefined {
  if (hasKind(error, 'notFound') || hasKind(error, 'conflict')) throw error;
  const text = Buffer.from(`${messageOf(error)}\r\n`);
  hijack(exchange, { tty }).end(tty ? text : frame(streamNumber.stdout, text));
  return undefined;
}
