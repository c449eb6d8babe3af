import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { GantryError } from '../../base/errors.ts';
import { DiskReserve } from './disk-reserve.ts';
import type { Metadata, Table, TableName } from './metadata.ts';

const schemaVersion = 1;
const tableNames: TableName[] = ['images', 'references', 'layers', 'leases', 'containers', 'networks', 'addresses', 'volumes', 'settings'];

/**
 * Opens or creates the database. One table a kind: key and JSON value.
 * @throws conflict when a newer Gantry wrote it; nothing is changed then.
 */
export function openMetadata(path: string): Metadata {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(path, { timeout: 5000 });
  try {
    database.exec('PRAGMA page_size = 16384');
    prepareSchema(database, path);
    return new SqliteMetadata(database, new DiskReserve(path === ':memory:' ? undefined : `${path}-reserve`));
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepareSchema(database: DatabaseSync, path: string): void {
  const found = Number((database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version);
  if (found > schemaVersion) {
    throw new GantryError('conflict', `${path} has schema version ${found}, but this Gantry knows versions up to ${schemaVersion}`, {
      hint: 'Use the newer Gantry again, or another --root.',
    });
  }
  // One daemon has the root, by its lock: holding the database saves a dozen calls of fcntl in each transaction.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000');
  if (found === schemaVersion) return;
  // A container's record is about 5 KB: it then lies in one page, and a change of it writes two.
  const create = tableNames.map((name) => `CREATE TABLE IF NOT EXISTS "${name}" (key TEXT PRIMARY KEY, value TEXT NOT NULL)`);
  database.exec(`BEGIN; ${create.join(';')}; PRAGMA user_version = ${schemaVersion}; COMMIT`);
}

class SqliteMetadata implements Metadata {
  readonly #database: DatabaseSync;
  readonly #reserve: DiskReserve;
  readonly #tables = new Map<TableName, Table<unknown>>();
  #depth = 0;
  #committed: (() => void)[] = [];
  #durable = false;

  constructor(database: DatabaseSync, reserve: DiskReserve) {
    this.#database = database;
    this.#reserve = reserve;
  }

  transaction<T>(act: () => T, options: { durable?: boolean } = {}): T {
    if (this.#depth > 0) {
      if (options.durable === true && !this.#durable) throw new GantryError('internal', 'a durable transaction inside one that is not');
      return this.#joined(act);
    }
    // `synchronous` cannot change inside a transaction, so it is set around it.
    this.#durable = options.durable === true;
    if (this.#durable) this.#database.exec('PRAGMA synchronous = FULL');
    try {
      return this.#outer(act);
    } finally {
      if (this.#durable) this.#database.exec('PRAGMA synchronous = NORMAL');
      this.#durable = false;
    }
  }

  afterCommit(act: () => void): void {
    if (this.#depth > 0) this.#committed.push(act);
    else act();
  }

  #joined<T>(act: () => T): T {
    this.#depth++;
    try {
      return act();
    } finally {
      this.#depth--;
    }
  }

  #outer<T>(act: () => T): T {
    this.#committed = [];
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = this.#joined(act);
      this.#database.exec('COMMIT');
      for (const each of this.#committed) each();
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      // Nothing of it was done: with the reserve it is done from the beginning.
      if (isFull(error instanceof GantryError ? error.cause : error) && this.#reserve.release()) return this.#outer(act);
      throw translate(error);
    } finally {
      if (!this.#reserve.isHeld) this.#makeRoom();
    }
  }

  /** After the disk was full, behind each write: the next one begins the log anew, over the old one. Then, if there is room for it, the reserve comes back. */
  #makeRoom(): void {
    try {
      this.#database.exec('PRAGMA wal_checkpoint(RESTART)');
      this.#reserve.refill();
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  /** One statement; by itself it is a transaction, and a failed one did nothing. */
  #run<R>(statement: () => R): R {
    if (this.#depth > 0) return attempt(statement);
    try {
      return statement();
    } catch (error) {
      if (!isFull(error) || !this.#reserve.release()) throw translate(error);
      return attempt(statement);
    } finally {
      if (!this.#reserve.isHeld) this.#makeRoom();
    }
  }

  table<T>(name: TableName): Table<T> {
    let table = this.#tables.get(name);
    if (table === undefined) this.#tables.set(name, (table = new SqliteTable<unknown>(this.#database, name, (statement) => this.#run(statement))));
    return table as Table<T>;
  }

  close(): void {
    this.#database.close();
  }
}

class SqliteTable<T> implements Table<T> {
  readonly #statements: Record<'get' | 'put' | 'insert' | 'remove' | 'all' | 'prefix', StatementSync>;
  readonly #run: <R>(statement: () => R) => R;

  constructor(database: DatabaseSync, name: TableName, run: <R>(statement: () => R) => R) {
    this.#run = run;
    const prepare = (sql: string): StatementSync => database.prepare(sql.replace('$t', `"${name}"`));
    this.#statements = {
      get: prepare('SELECT value FROM $t WHERE key = ?'),
      put: prepare('INSERT INTO $t (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'),
      insert: prepare('INSERT INTO $t (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING'),
      remove: prepare('DELETE FROM $t WHERE key = ?'),
      all: prepare('SELECT key, value FROM $t ORDER BY key'),
      prefix: prepare('SELECT value FROM $t WHERE key >= ? AND key < ? ORDER BY key LIMIT ?'),
    };
  }

  get(key: string): T | undefined {
    const row = this.#statements.get.get(key);
    return row === undefined ? undefined : (JSON.parse(row['value'] as string) as T);
  }

  put(key: string, value: T): void {
    this.#run(() => this.#statements.put.run(key, JSON.stringify(value)));
  }

  insert(key: string, value: T): boolean {
    return Number(this.#run(() => this.#statements.insert.run(key, JSON.stringify(value))).changes) > 0;
  }

  delete(key: string): boolean {
    return Number(this.#run(() => this.#statements.remove.run(key)).changes) > 0;
  }

  all(): T[] {
    return this.entries().map(([, value]) => value);
  }

  entries(): [string, T][] {
    return this.#statements.all.all().map((row) => [row['key'] as string, JSON.parse(row['value'] as string) as T]);
  }

  withPrefix(prefix: string, limit = -1): T[] {
    // Keys are compared by their bytes, so everything with the prefix sorts before prefix + the highest code point.
    return this.#statements.prefix.all(prefix, `${prefix}\u{10ffff}`, limit).map((row) => JSON.parse(row['value'] as string) as T);
  }
}

function attempt<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw translate(error);
  }
}

/** SQLITE_FULL: a full disk. */
function isFull(error: unknown): boolean {
  return (error as { errcode?: number } | undefined)?.errcode === 13;
}

/** SQLite's own words for a failing disk do not say what was to be written. */
const failures: Record<number, string> = { 7: 'cannot allocate memory', 8: 'read-only file system', 10: 'input/output error', 14: 'the file cannot be opened' };

function translate(error: unknown): unknown {
  if (isFull(error)) return new GantryError('exhausted', 'no space left on device while writing the database', { cause: error, hint: 'Free some space under the root directory.' });
  const failure = failures[((error as { errcode?: number } | undefined)?.errcode ?? 0) & 0xff];
  return failure === undefined ? error : new GantryError('internal', `${failure} while writing the database`, { cause: error });
}
