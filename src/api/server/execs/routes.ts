import { GantryError } from '../../../base/errors.ts';
import type { ExecCreateRequest, ExecRecord } from '../../../engine/execs/verbs.ts';
import { atLeast } from '../../types/version.ts';
import { decodeStruct } from '../codec/decode.ts';
import { field, strings, type Struct } from '../codec/field.ts';
import { readJson } from '../http/body.ts';
import { sendEmpty, sendJson } from '../http/respond.ts';
import type { Handler, Route } from '../http/router.ts';
import { sizeOf } from '../http/size.ts';
import { parseDetachKeys } from '../streams/detach-keys.ts';
import { start } from './start.ts';

const execStruct: Struct = {
  name: 'ExecOptions',
  fields: [
    field('User', 'string'), field('Privileged', 'bool'), field('Tty', 'bool'), field('ConsoleSize', { pointer: 'size' }),
    field('AttachStdin', 'bool'), field('AttachStderr', 'bool'), field('AttachStdout', 'bool'), field('DetachKeys', 'string'),
    field('Env', strings), field('WorkingDir', 'string'), field('Cmd', strings),
  ],
};

const create: Handler = async (exchange, { execs }) => {
  const asked = decodeStruct<Partial<ExecCreateRequest>>(execStruct, (await readJson(exchange)) ?? {});
  if ((asked.cmd ?? []).length === 0) throw new GantryError('invalid', 'No exec command specified');
  const detachKeys = asked.detachKeys ?? '';
  if (parseDetachKeys(detachKeys) === undefined) throw new GantryError('invalid', `Invalid escape keys (${detachKeys}) provided`);
  const { id } = await execs.create(exchange.params['name']!, {
    cmd: asked.cmd!,
    env: asked.env ?? [],
    user: asked.user ?? '',
    workingDir: asked.workingDir ?? '',
    privileged: asked.privileged ?? false,
    tty: asked.tty ?? false,
    attachStdin: asked.attachStdin ?? false,
    attachStdout: asked.attachStdout ?? false,
    attachStderr: asked.attachStderr ?? false,
    detachKeys,
    ...(asked.consoleSize !== undefined && atLeast(exchange.version, '1.42') && { consoleSize: asked.consoleSize }),
  });
  sendJson(exchange, 201, { Id: id });
};

const resize: Handler = async (exchange, { execs }) => {
  await execs.resize(exchange.params['id']!, sizeOf(exchange.query));
  sendEmpty(exchange, 200);
};

const inspect: Handler = (exchange, { execs }) => {
  sendJson(exchange, 200, execJson(execs.inspect(exchange.params['id']!)));
};

/** `GET /exec/{id}/json`; ExitCode is null until it is known. */
function execJson(exec: ExecRecord): object {
  const { request } = exec;
  const [entrypoint = '', ...args] = request.cmd;
  return {
    ID: exec.id,
    Running: exec.running,
    ExitCode: exec.exitCode,
    ProcessConfig: {
      tty: request.tty, entrypoint, arguments: args, privileged: request.privileged, ...(request.user !== '' && { user: request.user }),
    },
    OpenStdin: request.attachStdin,
    OpenStderr: request.attachStderr,
    OpenStdout: request.attachStdout,
    // Of whether it is forgotten soon Docker says nothing either, while one can still ask.
    CanRemove: false,
    ContainerID: exec.containerId,
    DetachKeys: request.detachKeys === '' ? '' : Buffer.from(parseDetachKeys(request.detachKeys) ?? []).toString('base64'),
    Pid: exec.pid,
  };
}

export const execRoutes: readonly Route[] = [
  { method: 'POST', path: '/containers/{name}/exec', handler: create },
  { method: 'POST', path: '/exec/{id}/start', handler: start },
  { method: 'POST', path: '/exec/{id}/resize', handler: resize },
  { method: 'GET', path: '/exec/{id}/json', handler: inspect },
];
