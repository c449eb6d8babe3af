import { GantryError } from '../../base/errors.ts';
import { noSwarm } from '../../engine/no-swarm.ts';
import { refuseGrpc } from './builds/refuse-grpc.ts';
import type { Handler, Method, Route } from './http/router.ts';

/** What is a part of the API and not of this engine. It is refused by name, never taken in silence. */
export const unsupportedRoutes: readonly Route[] = [
  notYet('POST', '/build', 'building images'),
  notYet('POST', '/build/cancel', 'building images'),
  notYet('POST', '/session', 'BuildKit sessions'),
  { method: 'POST', path: '/grpc', handler: refuseGrpc, unsupported: 'building images' },
  notYet('GET', '/containers/{name}/checkpoints', 'checkpoints'),
  notYet('POST', '/containers/{name}/checkpoints', 'checkpoints'),
  notYet('DELETE', '/containers/{name}/checkpoints/{checkpoint}', 'checkpoints'),
  notYet('GET', '/plugins/privileges', 'managed plugins'),
  notYet('POST', '/plugins/pull', 'managed plugins'),
  notYet('POST', '/plugins/create', 'managed plugins'),
  noPlugin('GET', '/plugins/{name}/json'),
  ...['enable', 'disable', 'upgrade', 'push', 'set'].map((act) => noPlugin('POST', `/plugins/{name}/${act}`)),
  noPlugin('DELETE', '/plugins/{name}'),
  { method: 'PUT', path: '/volumes/{name}', handler: refuseVolumeUpdate, unsupported: 'cluster volumes' },
  ...swarmRoutes(),
];

function refuseVolumeUpdate(): never {
  throw new GantryError('unavailable', 'volume update only valid for cluster volumes, but swarm is unavailable');
}

export function notYet(method: Method, path: string, what: string): Route {
  const handler: Handler = () => {
    throw new GantryError('notImplemented', `not supported by this engine: ${what} (${method} ${path})`);
  };
  return { method, path, handler, unsupported: what };
}

/** There is none that could be named. */
function noPlugin(method: Method, path: string): Route {
  const handler: Handler = ({ params }) => {
    throw new GantryError('notFound', `plugin "${params['name']}" not found`);
  };
  return { method, path, handler, unsupported: 'managed plugins' };
}

/** What a node that is in no swarm answers. It cannot become one: that is refused by name. */
function swarmRoutes(): Route[] {
  const handler: Handler = () => {
    throw new GantryError('unavailable', noSwarm);
  };
  const row = (method: Method, path: string): Route => ({ method, path, handler, unsupported: 'swarm mode is not active' });
  return [
    row('GET', '/swarm'), row('GET', '/swarm/unlockkey'),
    notYet('POST', '/swarm/init', 'swarm mode'), notYet('POST', '/swarm/join', 'swarm mode'),
    { ...row('POST', '/swarm/leave'), handler: () => { throw new GantryError('unavailable', 'This node is not part of a swarm'); } },
    ...['update', 'unlock'].map((act) => row('POST', `/swarm/${act}`)),
    ...['nodes', 'services', 'tasks', 'secrets', 'configs'].flatMap((noun) => [row('GET', `/${noun}`), row('GET', `/${noun}/{id}`)]),
    ...['nodes', 'services', 'secrets', 'configs'].flatMap((noun) => [row('POST', `/${noun}/{id}/update`), row('DELETE', `/${noun}/{id}`)]),
    ...['services', 'secrets', 'configs'].map((noun) => row('POST', `/${noun}/create`)),
    ...['services', 'tasks'].map((noun) => row('GET', `/${noun}/{id}/logs`)),
  ];
}
