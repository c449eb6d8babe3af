import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routes } from '../routes.ts';
import { createRouter } from './router.ts';

const router = createRouter(routes);

const found: [method: string, path: string, route: string, params: Record<string, string>][] = [
  ['GET', '/containers/json', '/containers/json', {}],
  ['GET', '/containers/json/json', '/containers/{name}/json', { name: 'json' }],
  ['GET', '/images/a/b/c:1/json', '/images/{name}/json', { name: 'a/b/c:1' }],
  ['GET', '/images/localhost:5000/x/y@sha256:ab/history', '/images/{name}/history', { name: 'localhost:5000/x/y@sha256:ab' }],
  ['GET', '/images/json/json', '/images/{name}/json', { name: 'json' }],
  ['DELETE', '/images/a/b', '/images/{name}', { name: 'a/b' }],
  ['GET', '/images/get', '/images/get', {}],
  ['GET', '/images/a/get', '/images/{name}/get', { name: 'a' }],
  ['GET', '/containers/a/b/json', '/containers/{name}/json', { name: 'a/b' }],
  ['DELETE', '/containers/a/b', '/containers/{name}', { name: 'a/b' }],
  ['DELETE', '/containers/a/checkpoints/b', '/containers/{name}/checkpoints/{checkpoint}', { name: 'a', checkpoint: 'b' }],
  ['GET', '/networks/', '/networks/', {}],
  ['GET', '/networks/bridge', '/networks/{id}', { id: 'bridge' }],
  ['POST', '/volumes/prune', '/volumes/prune', {}],
  ['OPTIONS', '/containers/json', '/{any}', { any: 'containers/json' }],
];
for (const [method, path, route, params] of found) {
  test(`${method} ${path} is ${route}`, () => {
    const match = router(method, path);
    assert.equal(match?.route.path, route);
    assert.deepEqual(match?.params, params);
  });
}

for (const [method, path] of [['POST', '/containers/json'], ['GET', '/containers'], ['GET', '']] as const) {
  test(`${method} ${path} is nothing`, () => assert.equal(router(method, path), undefined));
}

test('no two rows of the table are the same', () => {
  const keys = routes.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(keys.filter((key, index) => keys.indexOf(key) !== index), []);
});
