import type { Duplex } from 'node:stream';
import { GantryError, messageOf } from '../../../base/errors.ts';
import { atLeast } from '../../types/version.ts';
import { decodeStruct } from '../codec/decode.ts';
import { field, type Struct } from '../codec/field.ts';
import { readJson } from '../http/body.ts';
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
 * An exec that is not there, or whose container does not run, is refused with a status. The head goes out before there is a process, as Docker's does: clients that read it
 * through a buffer would lose output that came with it. A second start, and a program that cannot be run, are therefore told in the stream; they read
 * the exit code (126, 127) from inspect.
 */
export const start: Handler = async (exchange, { execs }) => {
  const { params, version } = exchange;
  const { detach = false, tty = false, consoleSize } = decodeStruct<StartBody>(startStruct, (await readJson(exchange)) ?? {});
  const options = { detach, tty, ...(tty && consoleSize !== undefined && atLeast(version, '1.42') && { consoleSize }) };
  const id = params['id']!;
  if (detach) {
    await execs.start(id, options);
    return sendEmpty(exchange, 200);
  }
  const { request } = execs.inspect(id);
  let client: Duplex | undefined;
  try {
    const attachment = await execs.start(id, { ...options, accepted: () => { client = hijack(exchange, { tty: request.tty }); } });
    if (attachment === undefined || client === undefined) throw new GantryError('internal', 'an exec was started without its streams');
    const { attachStdin: stdin, attachStdout: stdout, attachStderr: stderr } = request;
    await pump(client, attachment.stream, { stdin, stdout, stderr, tty: attachment.tty, detachKeys: parseDetachKeys(request.detachKeys), detached: attachment.detached });
  } catch (error) {
    if (client === undefined) throw error;
    const text = Buffer.from(`${messageOf(error)}\r\n`);
    client.end(tty ? text : frame(streamNumber.stdout, text));
  }
};
