import { randomBytes } from 'node:crypto';
import { mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';

type Config = Record<string, unknown>;

/** Rewrites config.json whole, keeping the keys that mean nothing here; only its owner can read it. */
export async function updateConfig(directory: string, change: (config: Config) => Config): Promise<void> {
  // A link to where somebody keeps it stays one.
  const link = join(directory, 'config.json');
  const path = await realpath(link).catch(() => link);
  const before = await readFile(path, 'utf8').then((text) => JSON.parse(text) as Config, (error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return {};
    throw error;
  });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const partial = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(partial, `${JSON.stringify(change(before), null, '\t')}\n`, { mode: 0o600, flag: 'wx' });
  await rename(partial, path);
}
