import { createReadStream, existsSync } from 'node:fs';
import { once } from 'node:events';
import { GantryError, messageOf } from '../../base/errors.ts';
import { readTar } from '../../base/tar/read.ts';
import { define, exactly } from '../command.ts';
import { metaPath, writeContext, type StoredContext, type TlsFiles } from '../connection/context-store.ts';
import { cannotOpen } from '../streams/cannot-open.ts';
import { contextDirectory } from './current.ts';
import { checkName } from './names.ts';

export const command = define({
  usage: 'CONTEXT FILE|-',
  flags: {},
  arity: exactly(2),
  names: 'file',
  examples: [['What another person exported', 'gantry context import build-host build-host.tar']],
  async run({ context, args }) {
    const [name = '', path = ''] = args;
    checkName(name);
    const directory = contextDirectory(context);
    if (existsSync(metaPath(directory, name))) throw new GantryError('conflict', `context "${name}" already exists`);
    const { stored, tls } = await readArchive(path === '-' ? context.stdin : await opened(path));
    writeContext(directory, { ...stored, Name: name }, tls);
    context.print(name);
    context.warn(`Successfully imported context "${name}"`);
  },
});

async function opened(path: string): Promise<AsyncIterable<Buffer>> {
  const file = createReadStream(path);
  await once(file, 'open').catch((error: unknown) => { throw cannotOpen(path, error); });
  return file;
}

/** More than any context is; an archive that claims more is something else. */
const maxMemberBytes = 10 << 20;

/** @throws invalid for what is no exported context; zip archives, which old clients could make, are refused too */
export async function readArchive(source: AsyncIterable<Uint8Array>): Promise<{ stored: StoredContext; tls: TlsFiles }> {
  let stored: StoredContext | undefined;
  const tls: TlsFiles = {};
  try {
    for await (const { entry, body } of readTar(source)) {
      if (entry.type !== 'file') continue;
      const key = /^tls\/docker\/(ca|cert|key)\.pem$/.exec(entry.name)?.[1] as 'ca' | 'cert' | 'key' | undefined;
      if (entry.name === 'meta.json') stored = metadata(await textOf(body, entry.size));
      else if (key !== undefined) tls[`${key}.pem`] = await textOf(body, entry.size);
      else throw new GantryError('invalid', `unexpected context file: ${entry.name}`);
    }
  } catch (error) {
    throw error instanceof GantryError ? error : new GantryError('invalid', `the file is no exported context: ${messageOf(error)}`, { cause: error });
  }
  if (stored === undefined) throw new GantryError('invalid', 'invalid context: no metadata found');
  return { stored, tls };
}

function metadata(text: string): StoredContext {
  const { Metadata = {}, Endpoints = {} } = JSON.parse(text) as Partial<StoredContext>;
  return { Name: '', Metadata, Endpoints };
}

async function textOf(body: AsyncIterable<Buffer>, size: number): Promise<string> {
  if (size > maxMemberBytes) throw new GantryError('invalid', 'unexpected context file: it is larger than 10 MiB');
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
