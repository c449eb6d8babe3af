import { readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../../base/errors.ts';
import { readDescriptor } from '../../../oci/descriptor.ts';
import { algorithmOf, hexOf, isDigest, type Digest } from '../../../oci/digest.ts';
import { isTag } from '../../../oci/reference.ts';
import { isRepositoryName } from '../../protocol/names.ts';
import { namesIn, orAbsent, removeFile, writeDurably } from './durable-files.ts';
import type { ManifestRecord, RepositoryStore } from './storage.ts';

/**
 * `<root>/repositories/<name>/{_blobs,_manifests,_tags,_referrers}`: one small file a fact. Names of repositories have no
 * segment that begins with `_`, so the folders of one never meet those of another.
 */
export function createFileRepositories(root: string): RepositoryStore {
  const base = join(root, 'repositories');
  const fileOf = (digest: Digest): string => `${algorithmOf(digest)}-${hexOf(digest)}`;
  const at = (name: string, ...rest: string[]): string => join(base, name, ...rest);
  const blobPath = (name: string, digest: Digest): string => at(name, '_blobs', fileOf(digest));
  const manifestPath = (name: string, digest: Digest): string => at(name, '_manifests', fileOf(digest));
  const digestsIn = async (folder: string): Promise<Digest[]> => (await namesIn(folder)).map((file) => file.replace('-', ':')).filter(isDigest);
  const datedIn = async (folder: string): Promise<[Digest, number][]> => {
    const dated = await Promise.all((await digestsIn(folder)).map(async (digest): Promise<[Digest, number][]> => {
      const file = await orAbsent(stat(join(folder, fileOf(digest))));
      return file === undefined ? [] : [[digest, file.mtimeMs]];
    }));
    return dated.flat();
  };

  const store: RepositoryStore = {
    async names() {
      const found: string[] = [];
      await collectNames(base, '', found);
      return found.sort();
    },
    async *digests() {
      for (const name of await store.names()) {
        yield* await digestsIn(at(name, '_blobs'));
        yield* await digestsIn(at(name, '_manifests'));
      }
    },
    async linkBlob(name, digest) {
      const now = new Date();
      try {
        await utimes(blobPath(name, digest), now, now);
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
        await writeDurably(blobPath(name, digest), '');
      }
    },
    hasBlob: async (name, digest) => await orAbsent(stat(blobPath(name, digest))) !== undefined,
    unlinkBlob: (name, digest) => removeFile(blobPath(name, digest)),
    async blobs(name) {
      return (await datedIn(at(name, '_blobs'))).map(([digest, linkedAtMs]) => ({ digest, linkedAtMs }));
    },
    async putManifest(name, digest, record) {
      // The referrer first: its list leaves out what has no manifest, so a crash between the two shows nothing.
      if (record.subject !== undefined) await writeDurably(at(name, '_referrers', fileOf(record.subject), fileOf(digest)), '');
      await writeDurably(manifestPath(name, digest), JSON.stringify(record));
    },
    async manifest(name, digest) {
      const text = await orAbsent(readFile(manifestPath(name, digest), 'utf8'));
      return text === undefined ? undefined : JSON.parse(text) as ManifestRecord;
    },
    async removeManifest(name, digest) {
      const record = await store.manifest(name, digest);
      if (record === undefined) return false;
      for (const tag of await store.tags(name)) if (await store.tagged(name, tag) === digest) await store.untag(name, tag);
      const removed = await removeFile(manifestPath(name, digest));
      if (record.subject !== undefined) await removeFile(at(name, '_referrers', fileOf(record.subject), fileOf(digest)));
      return removed;
    },
    async manifests(name) {
      return (await datedIn(at(name, '_manifests'))).map(([digest, storedAtMs]) => ({ digest, storedAtMs }));
    },
    async referrers(name, subject) {
      const records = await Promise.all((await digestsIn(at(name, '_referrers', fileOf(subject)))).map((digest) => store.manifest(name, digest)));
      return records.flatMap((record) => record?.referrer === undefined ? [] : [readDescriptor(record.referrer, 'a referrer')]);
    },
    tag: (name, tag, digest) => writeDurably(at(name, '_tags', tag), digest),
    async tagged(name, tag) {
      const text = await orAbsent(readFile(at(name, '_tags', tag), 'utf8'));
      return isDigest(text) ? text : undefined;
    },
    untag: (name, tag) => removeFile(at(name, '_tags', tag)),
    tags: async (name) => (await namesIn(at(name, '_tags'))).filter(isTag),
  };
  return store;
}

/** A repository is a folder that has blobs or manifests, or has had some. */
async function collectNames(base: string, name: string, found: string[]): Promise<void> {
  const entries = await namesIn(join(base, name));
  if (entries.includes('_blobs') || entries.includes('_manifests')) found.push(name);
  for (const entry of entries) {
    const below = name === '' ? entry : `${name}/${entry}`;
    if (isRepositoryName(below)) await collectNames(base, below, found);
  }
}
