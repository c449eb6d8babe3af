import { parseReference } from '../../oci/reference.ts';
import type { ImageRecord, ReferenceRecord } from '../../store/records.ts';
import { excludedByLabels, matchesLabels, momentMs, readFilters, readUntil, type Filters } from '../filters.ts';
import type { Catalog } from './catalog.ts';
import { referencePattern } from './reference-pattern.ts';

/** Gives the names that are shown of an image, or undefined when it is filtered out. */
export type ShownNames = (image: ImageRecord, names: readonly ReferenceRecord[]) => readonly ReferenceRecord[] | undefined;

/** What a list shows. Who was made when nobody knows is neither before nor after anything. @throws invalid for an unknown filter or value, notFound */
export function listFilter(catalog: Catalog, filters: Filters): ShownNames {
  const read = readFilters(filters, ['dangling', 'label', 'before', 'since', 'reference', 'until']);
  const ages = (key: string): number[] => read.values(key).map((text) => createdMs(catalog.find(text)));
  const before = Math.min(...ages('before'), ...read.values('until').map((text) => momentMs(text)));
  const since = Math.max(...ages('since'));
  const patterns = read.values('reference').map(referencePattern);
  const dangling = read.flag('dangling');
  return (image, names) => {
    const created = createdMs(image);
    if ((before !== Infinity && !(created > 0 && created < before)) || created <= since) return undefined;
    if ((dangling !== undefined && dangling !== isDangling(names)) || !matchesLabels(image.config.labels, read.values('label'))) return undefined;
    if (patterns.length === 0) return names;
    const matching = names.filter(({ name }) => patterns.some((matches) => matches(parseReference(name))));
    return matching.length === 0 ? undefined : matching;
  };
}

/** Which images a prune may take: `all`, or only those without a name. @throws invalid for an unknown filter or value */
export function pruneFilter(filters: Filters): { all: boolean; takes: (image: ImageRecord) => boolean } {
  const read = readFilters(filters, ['dangling', 'label', 'label!', 'until']);
  const until = readUntil(read) ?? Infinity;
  return {
    all: read.flag('dangling') === false,
    takes: (image) => {
      const created = createdMs(image);
      const isOld = until === Infinity || (created > 0 && created <= until);
      return isOld && matchesLabels(image.config.labels, read.values('label')) && !excludedByLabels(image.config.labels, read);
    },
  };
}

/** No tag: digests alone are no name. */
export function isDangling(names: readonly ReferenceRecord[]): boolean {
  return names.every(({ name }) => name.includes('@'));
}

/** 0 when the image does not say. */
export function createdMs(image: ImageRecord): number {
  const ms = Date.parse(image.created);
  return Number.isNaN(ms) ? 0 : ms;
}
