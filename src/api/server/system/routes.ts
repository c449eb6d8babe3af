import type { Handler, Route } from '../http/router.ts';
import { sendEmpty, sendJson } from '../http/respond.ts';
import { events } from './events.ts';
import { infoJson } from './info.ts';
import { versionJson } from './version.ts';
import { diskUsage } from './disk-usage.ts';
import { auth } from './auth.ts';

const ping: Handler = ({ method, response }) => {
  // The classic builder: a client asks for a BuildKit session only where the engine offers one.
  response.setHeader('Builder-Version', '1');
  response.setHeader('Cache-Control', 'no-cache, no-store, must-revalidate');
  response.setHeader('Pragma', 'no-cache');
  response.setHeader('Swarm', 'inactive');
  const body = method === 'HEAD' ? '' : 'OK';
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': body.length }).end(body);
};

const info: Handler = async (exchange, services) => {
  sendJson(exchange, 200, infoJson(await services.system.info(), exchange.version));
};

const version: Handler = async (exchange, services) => {
  sendJson(exchange, 200, versionJson(await services.system.version()));
};

export const systemRoutes: readonly Route[] = [
  { method: 'GET', path: '/_ping', handler: ping },
  { method: 'HEAD', path: '/_ping', handler: ping },
  { method: 'GET', path: '/info', handler: info },
  { method: 'GET', path: '/version', handler: version },
  { method: 'GET', path: '/events', handler: events },
  { method: 'GET', path: '/system/df', handler: diskUsage, since: '1.25' },
  // What /system/df says has no build cache; clearing it clears nothing.
  { method: 'POST', path: '/build/prune', handler: (exchange) => sendJson(exchange, 200, { CachesDeleted: null, SpaceReclaimed: 0 }), since: '1.31' },
  { method: 'POST', path: '/auth', handler: auth },
  { method: 'GET', path: '/plugins', handler: (exchange) => sendJson(exchange, 200, []), since: '1.25' },
  { method: 'OPTIONS', path: '/{any}', handler: (exchange) => sendEmpty(exchange, 200) },
];
