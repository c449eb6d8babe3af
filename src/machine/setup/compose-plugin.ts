import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../base/errors.ts';
import { hostArchitecture } from '../../host/architecture.ts';
import { fetchDebianFile, unpackDebianPackage } from '../../host/debian-packages.ts';

/** Compose 2 as Debian's unstable release has it; bookworm has none. Its program needs nothing but a C library of 2022. */
const version = '2.40.3-3';
const sha256: Readonly<Record<string, string>> = {
  amd64: 'e7603d5e6df0f8404f7b03da478022b87d7b50644cffe68884b071e5cfc17fd3', arm64: 'a7c33f38d80c4fad61d426fd47e0b7f1e81ad4a643e4e4cee3401e6f8638d359',
};
/** The code lies in dist/ or where it was written. */
const repository = ['../', '../../../'].map((up) => fileURLToPath(new URL(up, import.meta.url))).find((place) => existsSync(join(place, 'package.json')));
const folder = join(repository ?? '/nonexistent', '.cache/compose', version);
const program = join(folder, 'usr/libexec/docker/cli-plugins/docker-compose');

/** The plugin that set-up for tests has fetched: it runs by itself too, as `docker-compose` with the words of `docker compose`. */
export function composePlugin(): string | undefined {
  return existsSync(program) ? program : undefined;
}

/**
 * Fetches it into the repository's cache; nothing is installed. Tests of it skip where it is not.
 * @returns why it is not there
 */
export async function fetchComposePlugin(): Promise<string | undefined> {
  const architecture = hostArchitecture();
  const wanted = sha256[architecture];
  if (wanted === undefined) return `Debian has none for ${architecture}`;
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    const file = join(making, 'plugin.deb');
    await fetchDebianFile(`pool/main/d/docker-compose/docker-compose_${version}_${architecture}.deb`, { sha256: wanted, file });
    await unpackDebianPackage(file, making);
    rmSync(file);
    renameSync(making, folder);
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}
