import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateContainerName, nameConflict, parseContainerName } from './container-name.ts';

for (const name of ['web', '/web', 'a1', 'A.b-c_d']) {
  test(`parseContainerName() accepts ${name}`, () => assert.equal(parseContainerName(name), name.replace('/', '')));
}
for (const name of ['', 'a', '-web', '_x1', 'a b', '//web', 'we/b', 'wéb']) {
  test(`parseContainerName() refuses ${JSON.stringify(name)}`, () => {
    assert.throws(() => parseContainerName(name), { message: `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed` });
  });
}
test('generateContainerName() makes names that parse, and adds digits when it has to try again', () => {
  for (let i = 0; i < 200; i++) assert.match(parseContainerName(generateContainerName(0)), /^[a-z]+_[a-z]+$/);
  assert.match(generateContainerName(3), /^[a-z]+_[a-z]+\d+$/);
});
test('nameConflict() names the owner', () => assert.match(nameConflict('web', 'f00').message, /"\/web" is already in use by container "f00"/));
