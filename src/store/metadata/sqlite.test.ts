import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { openMetadata } from './sqlite.ts';

let directory: string;
before(() => void (directory = mkdtempSync(join(tmpdir(), 'gantry-metadata-'))));
after(() => rmSync(directory, { recursive: true, force: true }));

describe('openMetadata()', () => {
  it('keeps records over a close, replaced whole', () => {
    const path = join(directory, 'a', 'gantry.db');
    const first = openMetadata(path);
    first.transaction(() => first.table('volumes').put('v', { a: 1, b: 2 }), { durable: true });
    first.table('volumes').put('v', { a: 3 });
    first.close();
    const again = openMetadata(path);
    assert.deepEqual(again.table('volumes').entries(), [['v', { a: 3 }]]);
    again.close();
  });

  it('refuses a database of a newer Gantry by name, and leaves it alone', () => {
    const path = join(directory, 'newer.db');
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    assert.throws(() => openMetadata(path), { kind: 'conflict', message: /schema version 99/ });
  });
});

describe('Metadata', () => {
  it('undoes everything when a transaction throws, nested parts with it', () => {
    const metadata = openMetadata(':memory:');
    const table = metadata.table<number>('settings');
    assert.throws(() => metadata.transaction(() => {
      table.put('a', 1);
      metadata.transaction(() => table.put('b', 2));
      throw new Error('no');
    }), /no/);
    assert.deepEqual(table.all(), []);
    assert.equal(metadata.transaction(() => (table.put('c', 3), 'result')), 'result');
    assert.deepEqual(table.entries(), [['c', 3]]);
  });

  it('afterCommit() waits for the outermost commit, and does nothing after a failure', () => {
    const metadata = openMetadata(':memory:');
    const done: string[] = [];
    metadata.transaction(() => {
      metadata.transaction(() => metadata.afterCommit(() => done.push('inner')));
      assert.deepEqual(done, []);
    });
    assert.deepEqual(done, ['inner']);
    assert.throws(() => metadata.transaction(() => {
      metadata.afterCommit(() => done.push('lost'));
      throw new Error('no');
    }), /no/);
    metadata.transaction(() => 0);
    metadata.afterCommit(() => done.push('alone'));
    assert.deepEqual(done, ['inner', 'alone']);
  });

  it('refuses a durable transaction inside one that is not: it could not keep its promise', () => {
    const metadata = openMetadata(':memory:');
    assert.throws(() => metadata.transaction(() => metadata.transaction(() => 0, { durable: true })), { kind: 'internal' });
    metadata.transaction(() => metadata.transaction(() => 0), { durable: true });
  });

  it('insert() gives a key once, delete() tells whether there was one', () => {
    const table = openMetadata(':memory:').table<string>('addresses');
    assert.deepEqual([table.insert('k', 'first'), table.insert('k', 'second'), table.get('k')], [true, false, 'first']);
    assert.deepEqual([table.delete('k'), table.delete('k'), table.get('k')], [true, false, undefined]);
  });

  it('withPrefix() finds just the keys with the prefix, whatever letters they hold', () => {
    const table = openMetadata(':memory:').table<string>('settings');
    for (const key of ['a', 'ab', 'ab%', 'ab_c', 'abü', 'ac', 'b']) table.put(key, key);
    assert.deepEqual(table.withPrefix('ab'), ['ab', 'ab%', 'ab_c', 'abü']);
    assert.deepEqual(table.withPrefix('ab', 2), ['ab', 'ab%']);
    assert.deepEqual(table.withPrefix('%'), []);
  });
});
