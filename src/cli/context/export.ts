import { openSync, closeSync, writeFileSync } from 'node:fs';
import { errnoOf, GantryError } from '../../base/errors.ts';
import { tarEnd, tarHeader, tarPadding } from '../../base/tar/encoder.ts';
import { define } from '../command.ts';
import { readTls, type StoredContext, type TlsFiles } from '../connection/context-store.ts';
import { cannotOpen } from '../streams/cannot-open.ts';
import { write } from '../streams/session.ts';
import { contextDirectory, lookUp } from './current.ts';

export const command = define({
  usage: '[OPTIONS] CONTEXT [FILE|-]',
  flags: {},
  arity: { least: 1, most: 2 },
  examples: [['For another person, keys and all', 'gantry context export build-host build-host.tar']],
  async run({ context, args }) {
    const [name = '', path = `${args[0]}.dockercontext`] = args;
    const archive = contextArchive(lookUp(context, name), name === 'default' ? {} : readTls(contextDirectory(context), name));
    if (path === '-') {
      if (context.stdout.isTTY) throw new GantryError('invalid', 'cowardly refusing to export to a terminal, specify a file path');
      await write(context.stdout, archive);
      return;
    }
    writeNew(path, archive);
    context.warn(`Written file "${path}"`);
  },
});

/** As docker's client lays it out: `meta.json`, and the certificates under `tls/docker/`. */
export function contextArchive(stored: StoredContext, tls: TlsFiles): Buffer {
  const file = (name: string, mode: number, body: Buffer): Buffer[] => [tarHeader({ name, mode, size: body.length }), body, tarPadding(body.length)];
  const folder = (name: string): Buffer => tarHeader({ name, type: 'directory', mode: 0o700 });
  const keys = Object.entries(tls).flatMap(([name, text]) => file(`tls/docker/${name}`, 0o600, Buffer.from(text)));
  return Buffer.concat([...file('meta.json', 0o644, Buffer.from(JSON.stringify(stored))), folder('tls'), ...(keys.length === 0 ? [] : [folder('tls/docker'), ...keys]), tarEnd()]);
}

/** Keys may be in it: for its owner alone, and never over another file. */
function writeNew(path: string, bytes: Buffer): void {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    throw errnoOf(error) === 'EEXIST' ? new GantryError('conflict', `open ${path}: file exists`, { cause: error }) : cannotOpen(path, error);
  }
  try {
    writeFileSync(file, bytes);
  } finally {
    closeSync(file);
  }
}
