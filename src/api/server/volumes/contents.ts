import { GantryError } from '../../../base/errors.ts';
import { decodeStruct } from '../codec/decode.ts';
import { field, stringMap, type Struct } from '../codec/field.ts';
import { bodyStream, readJson } from '../http/body.ts';
import { sendJson } from '../http/respond.ts';
import type { Handler, Route } from '../http/router.ts';
import { sendTar } from '../http/send-tar.ts';
import { volumeJson } from './json.ts';

/** What Docker's API has no route for: whole volumes as archives, copies and new names. All below `/gantry`, so that no later route of Docker's is in the way. */
const cloneStruct: Struct = { name: 'CloneOptions', fields: [field('Name', 'string'), field('Labels', stringMap)] };

const read: Handler = async (exchange, { volumes }) => {
  await sendTar(exchange, await volumes.export(exchange.params['name']!, exchange.signal), { 'Content-Type': 'application/x-tar' });
};

const write: Handler = async (exchange, { volumes }) => {
  const { params, query, signal } = exchange;
  sendJson(exchange, 201, volumeJson(await volumes.import(params['name']!, bodyStream(exchange), { labels: labelsOf(query.all('label')), signal })));
};

const clone: Handler = async (exchange, { volumes }) => {
  const { name = '', labels } = decodeStruct<{ name?: string; labels?: Record<string, string> }>(cloneStruct, (await readJson(exchange)) ?? {});
  if (name === '') throw new GantryError('invalid', 'the name of the new volume is missing');
  sendJson(exchange, 201, volumeJson(await volumes.clone(exchange.params['name']!, { name, ...(labels && { labels }), signal: exchange.signal })));
};

const rename: Handler = async (exchange, { volumes }) => {
  const name = exchange.query.text('name');
  if (name === '') throw new GantryError('invalid', 'the new name of the volume is missing');
  sendJson(exchange, 200, volumeJson(await volumes.rename(exchange.params['name']!, name)));
};

export const volumeContentRoutes: readonly Route[] = [
  { method: 'GET', path: '/gantry/volumes/{name}/archive', handler: read },
  { method: 'PUT', path: '/gantry/volumes/{name}/archive', handler: write },
  { method: 'POST', path: '/gantry/volumes/{name}/clone', handler: clone },
  { method: 'POST', path: '/gantry/volumes/{name}/rename', handler: rename },
];

/** `key=value` or `key`, as flags have it. */
function labelsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf('=');
    return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
  }));
}
