import { atLeast } from '../../types/version.ts';
import { decodeStruct } from '../codec/decode.ts';
import { field, type Struct } from '../codec/field.ts';
import { readJson } from '../http/body.ts';
import { sendEmpty } from '../http/respond.ts';
import type { Handler } from '../http/router.ts';
import { parseDetachKeys } from '../streams/detach-keys.ts';
import { hijack } from '../streams/hijack.ts';
import { pump } from '../streams/pump.ts';

const startStruct: Struct = {
  name: 'ExecStartOptions',
  fields: [field('Detach', 'bool'), field('Tty', 'bool'), field('ConsoleSize', { pointer: 'size' })],
};

interface StartBody { detach?: boolean; tty?: boolean; consoleSize?: [number, number] }

/**
 * `POST /exec/{id}/start`: detached it answers at once, else the connection becomes the streams of the new process.
 * An error before the process runs is still an HTTP answer: the connection is taken over only when there are streams.
 */
export const start: Handler = async (exchange, { execs }) => {
  const { params, version } = exchange;
  const { detach = false, tty = false, consoleSize } = decodeStruct<StartBody>(startStruct, (await readJson(exchange)) ?? {});
  const sized = tty && consoleSize !== undefined && atLeast(version, '1.42');
  const id = params['id']!;
  const { request } = execs.inspect(id);
  const attachment = await execs.start(id, { detach, tty, ...(sized && { consoleSize }) });
  if (attachment === undefined) return sendEmpty(exchange, 200);
  const client = hijack(exchange, { tty: attachment.tty });
  await pump(client, attachment.stream, {
    stdin: request.attachStdin,
    stdout: request.attachStdout,
    stderr: request.attachStderr,
    tty: attachment.tty,
    detachKeys: parseDetachKeys(request.detachKeys),
  });
};
