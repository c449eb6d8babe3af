import { GantryError } from '../../base/errors.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';
import { formatPlatform, parsePlatform, platformFit, type Platform } from '../../oci/platform.ts';
import { canonicalName, familiarName, familiarRepository, parseReference, repositoryOf, withDefaultTag, type Reference } from '../../oci/reference.ts';
import type { Metadata } from '../../store/metadata/metadata.ts';
import type { ImageRecord, ReferenceRecord } from '../../store/records.ts';

/** Images and their names as records. Every change is one transaction of the caller. */
export class Catalog {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  get images() {
    return this.#metadata.table<ImageRecord>('images');
  }

  get references() {
    return this.#metadata.table<ReferenceRecord>('references');
  }

  durably<T>(act: () => T): T {
    return this.#metadata.transaction(act, { durable: true });
  }

  /** By name, id, or unambiguous prefix of an id, in this order. @throws notFound, invalid (ambiguous, or no reference at all) */
  find(text: string): ImageRecord {
    return this.byName(text) ?? this.byId(text) ?? missing(text);
  }

  /** As find(), but the image must fit `platform`. */
  findFor(text: string, platform: string | undefined, host: Platform): ImageRecord {
    const image = this.find(text);
    if (platform === undefined || platform === '') return image;
    const wanted = parsePlatform(platform, host);
    if (platformFit(image.platform, wanted) > 0) return image;
    const variant = this.variantsOf(image).find((other) => platformFit(other.platform, wanted) > 0);
    if (variant !== undefined) return variant;
    throw new GantryError('notFound', `image with reference ${text} was found but its platform (${formatPlatform(image.platform)}) does not match the specified platform (${formatPlatform(wanted)})`);
  }

  byName(text: string): ImageRecord | undefined {
    const record = this.nameRecord(text);
    return record === undefined ? undefined : this.images.get(record.imageId);
  }

  nameRecord(text: string): ReferenceRecord | undefined {
    const reference = tryParse(text);
    if (reference === undefined) return undefined;
    if (reference.digest === undefined) return this.references.get(canonicalName(withDefaultTag(reference)));
    const { digest } = reference;
    const direct = this.references.get(`${repositoryOf(reference)}@${digest}`);
    if (direct !== undefined) return direct;
    return this.ofRepository(reference).find((record) => record.target === digest || record.imageId === digest);
  }

  byId(text: string): ImageRecord | undefined {
    if (isDigest(text)) return this.images.get(text);
    const hex = text.startsWith('sha256:') ? text.slice(7) : text;
    if (!/^[a-f0-9]{1,64}$/.test(hex)) return undefined;
    const [first, second] = this.images.withPrefix(`sha256:${hex}`, 2);
    if (second !== undefined) throw new GantryError('invalid', `ambiguous image ID prefix: ${text}`);
    return first;
  }

  /** Names of one repository, whatever their tag. */
  ofRepository(reference: Reference): ReferenceRecord[] {
    const repository = repositoryOf(reference);
    return [...this.references.withPrefix(`${repository}:`), ...this.references.withPrefix(`${repository}@`)]
      .filter((record) => repositoryOf(parseReference(record.name)) === repository);
  }

  /** Images of the same index for other platforms. */
  variantsOf(image: ImageRecord): ImageRecord[] {
    return image.index === undefined ? [] : this.images.all().filter((other) => other.index === image.index && other.id !== image.id);
  }

  /** Images without a name of their own that belong to an index which a name stands for. */
  variants(): Set<Digest> {
    const references = this.references.all();
    const [named, targets] = [new Set(references.map((record) => record.imageId)), new Set(references.map((record) => record.target))];
    return new Set(this.images.all().filter(({ id, index }) => index !== undefined && !named.has(id) && targets.has(index)).map(({ id }) => id));
  }

  namesOf(imageId: Digest): ReferenceRecord[] {
    return this.references.all().filter((record) => record.imageId === imageId);
  }

  /** As namesOf(), and for an image that belongs to an index the names of that. */
  namesWithin({ id, index }: ImageRecord): ReferenceRecord[] {
    return this.references.all().filter((record) => record.imageId === id || (index !== undefined && record.target === index));
  }

  /** All names by image. */
  names(): Map<Digest, ReferenceRecord[]> {
    const names = new Map<Digest, ReferenceRecord[]>();
    for (const record of this.references.all()) {
      const list = names.get(record.imageId);
      if (list === undefined) names.set(record.imageId, [record]);
      else list.push(record);
    }
    return names;
  }

  /**
   * What a text stands for: the index or the manifest of its name, which may be one of several that hold the image; the index it came with
   * last where it is no name.
   */
  targetOf(text: string, image: ImageRecord): Digest {
    const record = this.nameRecord(text);
    return record?.imageId === image.id ? record.target : image.index ?? image.manifest;
  }

  /** Inside a transaction of the caller. @throws invalid for a name that could be taken for a digest */
  point(name: string, image: ImageRecord, target = image.index ?? image.manifest): void {
    if (familiarRepository(parseReference(name)) === 'sha256') throw new GantryError('invalid', 'refusing to create an ambiguous tag using digest algorithm as name');
    this.references.put(name, { name, imageId: image.id, target, updatedAtMs: Date.now() });
  }
}

/** Short names as people see them, `busybox:latest` and `busybox@sha256:…`, in the order of the whole ones. */
export function shownNames(records: readonly ReferenceRecord[]): { repoTags: string[]; repoDigests: string[] } {
  const names = records.map(({ name }) => name).sort().map((name) => familiarName(parseReference(name)));
  return { repoTags: names.filter((name) => !name.includes('@')), repoDigests: names.filter((name) => name.includes('@')) };
}

function tryParse(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

function missing(text: string): never {
  if (/^[a-f0-9]{64}$/.test(text)) throw new GantryError('notFound', `No such image: sha256:${text}`);
  throw new GantryError('notFound', `No such image: ${familiarName(withDefaultTag(parseReference(text)))}`);
}
