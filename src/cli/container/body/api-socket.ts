import type { Context } from '../../context.ts';
import { defaultHost } from '../../connection/endpoint.ts';
import { GantryError } from '../../../base/errors.ts';
import type { CreateBody } from './wire.ts';

/** Gives the container the engine's socket, as `--use-api-socket` asks. Works only where the engine is reached by a socket of this host. */
export function addApiSocket(context: Context, body: CreateBody): void {
  const host = context.globals.hosts[0] ?? context.env['GANTRY_HOST'] ?? context.env['DOCKER_HOST'] ?? defaultHost;
  if (!host.startsWith('unix://')) throw new GantryError('invalid', `flag --use-api-socket can't be used with the daemon at ${host}`, { hint: 'It needs a daemon that listens on a unix socket of this host.' });
  const mounts = (body.HostConfig['Mounts'] as object[] | undefined) ?? [];
  body.HostConfig['Mounts'] = [...mounts, { Type: 'bind', Source: host.slice('unix://'.length), Target: '/var/run/docker.sock', BindOptions: {} }];
}
