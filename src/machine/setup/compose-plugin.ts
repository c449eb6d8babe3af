import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../base/errors.ts';
import { fetchDebianFile, unpackDebianPackage } from '../../host/debian-packages.ts';

interface Release { version: string; sha256: Partial<Record<NodeJS.Architecture, string>> }

/** Compose 2 as Debian builds it: this stable release of Debian has none, and newer ones keep their file for as long as they live. */
const releases: readonly Release[] = [
  {
    version: '2.40.3-3',
    sha256: { x64: 'e7603d5e6df0f8404f7b03da478022b87d7b50644cffe68884b071e5cfc17fd3', arm64: 'a7c33f38d80c4fad61d426fd47e0b7f1e81ad4a643e4e4cee3401e6f8638d359' },
  },
  {
    version: '2.26.1-4',
    sha256: { x64: '47681197cb2b1ab88206b42a1a92fc75f50d9530a6322d03494a473eed0408ea', arm64: 'bbafaa666f3e7fa00ad36f2a8bab889f1c791ca8743d674e7267a3d07203869c' },
  },
];
const cache = fileURLToPath(new URL('../../../.cache/compose', import.meta.url));

const programOf = ({ version }: Release): string => join(cache, version, 'usr/libexec/docker/cli-plugins/docker-compose');

/** The plugin that set-up for tests has fetched: it runs by itself too, as `docker-compose` with the words of `docker compose`. */
export function composePlugin(): string | undefined {
  return releases.map(programOf).find((path) => existsSync(path));
}

/**
 * Fetches the first release that can be had into the repository's cache; nothing is installed. Tests of it skip where there is none.
 * @returns why there is none
 */
export async function fetchComposePlugin(): Promise<string | undefined> {
  let why = `Debian has none for ${process.arch}`;
  for (const release of releases) {
    try {
      if (await fetched(release)) return undefined;
    } catch (error) {
      why = messageOf(error);
    }
  }
  return why;
}

async function fetched(release: Release): Promise<boolean> {
  const sha256 = release.sha256[process.arch];
  if (sha256 === undefined) return false;
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const folder = join(cache, release.version);
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    const file = join(making, 'plugin.deb');
    await fetchDebianFile(`pool/main/d/docker-compose/docker-compose_${release.version}_${architecture}.deb`, { sha256, file });
    await unpackDebianPackage(file, making);
    rmSync(file);
    mkdirSync(dirname(folder), { recursive: true });
    renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return existsSync(programOf(release));
}
