import { GantryError } from '../../../base/errors.ts';
import type { PathStat } from '../../../engine/files/verbs.ts';
import type { ContainerConfig } from '../../../oci/container.ts';
import { containerConfigStruct } from '../codec/container-config.ts';
import { decodeStruct } from '../codec/decode.ts';
import { bodyStream, readJson } from '../http/body.ts';
import type { Exchange } from '../http/exchange.ts';
import { sendEmpty, sendJson } from '../http/respond.ts';
import type { Handler, Route } from '../http/router.ts';
import { sendTar } from '../http/send-tar.ts';
import { goFileMode } from './file-mode.ts';

const statHeader = 'X-Docker-Container-Path-Stat';

const changes: Handler = async (exchange, { files }) => {
  const found = await files.changes(nameOf(exchange));
  sendJson(exchange, 200, found.length === 0 ? null : found.map(({ path, kind }) => ({ Path: path, Kind: kind })));
};

const exportTree: Handler = async (exchange, { files }) => {
  await sendTar(exchange, await files.export(nameOf(exchange), exchange.signal), { 'Content-Type': 'application/octet-stream' });
};

const stat: Handler = async (exchange, { files }) => {
  const found = await files.stat(nameOf(exchange), pathOf(exchange));
  exchange.response.setHeader(statHeader, statText(found));
  sendEmpty(exchange, 200);
};

const read: Handler = async (exchange, { files }) => {
  const { stat: found, tar } = await files.read(nameOf(exchange), pathOf(exchange), exchange.signal);
  await sendTar(exchange, tar, { 'Content-Type': 'application/x-tar', [statHeader]: statText(found) });
};

const write: Handler = async (exchange, { files }) => {
  const { query, signal } = exchange;
  await files.write(nameOf(exchange), pathOf(exchange), bodyStream(exchange), {
    noOverwriteDirNonDir: query.flag('noOverwriteDirNonDir'), copyUidGid: query.flag('copyUIDGID'), signal,
  });
  sendEmpty(exchange, 200);
};

const commit: Handler = async (exchange, { files }) => {
  const { query, signal } = exchange;
  const container = query.text('container');
  const body = await readJson(exchange);
  if (container === '') throw new GantryError('invalid', 'invalid name or ID supplied: ""');
  const id = await files.commit(container, {
    repository: query.text('repo'), tag: query.text('tag'), comment: query.text('comment'), author: query.text('author'),
    pause: query.text('pause') === '' || query.flag('pause'), changes: query.all('changes').flatMap((text) => text.split('\n')).filter((line) => line.trim() !== ''),
    ...(body === undefined || body === null ? {} : { config: decodeStruct<ContainerConfig>(containerConfigStruct, body) }), signal,
  });
  sendJson(exchange, 201, { Id: id });
};

export const fileRoutes: readonly Route[] = [
  { method: 'GET', path: '/containers/{name}/changes', handler: changes },
  { method: 'GET', path: '/containers/{name}/export', handler: exportTree },
  { method: 'HEAD', path: '/containers/{name}/archive', handler: stat },
  { method: 'GET', path: '/containers/{name}/archive', handler: read },
  { method: 'PUT', path: '/containers/{name}/archive', handler: write },
  { method: 'POST', path: '/commit', handler: commit },
];

function nameOf({ params }: Exchange): string {
  return params['name'] as string;
}

function pathOf({ query }: Exchange): string {
  const path = query.text('path');
  if (path === '') throw new GantryError('invalid', 'bad parameter: pathcannot be empty');
  return path;
}

function statText({ name, size, mode, mtime, linkTarget }: PathStat): string {
  return Buffer.from(JSON.stringify({ name, size, mode: goFileMode(mode), mtime, linkTarget })).toString('base64');
}
