import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ContainerRecord } from '../containers/record.ts';
import { linkEnvironment, linkHosts, parseLink } from './links.ts';

const record = { id: 'abcdef0123456789', name: 'postgres', config: { hostname: 'pg', exposedPorts: { '5432/tcp': {}, '53/udp': {} }, env: ['PATH=/bin', 'USER=admin'] } } as unknown as ContainerRecord;
const link = { alias: 'my-db', record, address: '172.17.0.2' };

it('parseLink() reads all forms', () => {
  assert.deepEqual(parseLink('db'), { container: 'db', alias: 'db' });
  assert.deepEqual(parseLink('db:store'), { container: 'db', alias: 'store' });
  assert.deepEqual(parseLink('/db:/web/store'), { container: 'db', alias: 'store' });
});

it('linkHosts() lists each name of the other container once', () => {
  assert.deepEqual(linkHosts([link]), [['172.17.0.2', 'my-db pg abcdef012345 postgres']]);
});

it('linkEnvironment() tells of the ports, the lowest first, and of the other\'s own settings', () => {
  assert.deepEqual(linkEnvironment('web', [link]), [
    'MY_DB_NAME=/web/my-db', 'MY_DB_PORT=udp://172.17.0.2:53',
    'MY_DB_PORT_53_UDP=udp://172.17.0.2:53', 'MY_DB_PORT_53_UDP_ADDR=172.17.0.2', 'MY_DB_PORT_53_UDP_PORT=53', 'MY_DB_PORT_53_UDP_PROTO=udp',
    'MY_DB_PORT_5432_TCP=tcp://172.17.0.2:5432', 'MY_DB_PORT_5432_TCP_ADDR=172.17.0.2', 'MY_DB_PORT_5432_TCP_PORT=5432', 'MY_DB_PORT_5432_TCP_PROTO=tcp',
    'MY_DB_ENV_USER=admin',
  ]);
});
