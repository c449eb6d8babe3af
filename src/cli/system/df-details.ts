import { containerRow, headers as containerHeaders } from '../container/row.ts';
import { ago } from '../format/ages.ts';
import { listText, type Row } from '../format/listing.ts';
import { decimalSize } from '../format/sizes.ts';
import { imageRows, type ImageSummary } from '../image/row.ts';
import { headers as volumeHeaders, volumeRow } from '../volume/ls.ts';
import type { CacheRecord, Usage } from './usage.ts';

const imageHeaders = {
  Repository: 'REPOSITORY', Tag: 'TAG', ID: 'IMAGE ID', CreatedSince: 'CREATED', Size: 'SIZE', SharedSize: 'SHARED SIZE', UniqueSize: 'UNIQUE SIZE', Containers: 'CONTAINERS',
};
const cacheHeaders = { ID: 'CACHE ID', CacheType: 'CACHE TYPE', Size: 'SIZE', CreatedSince: 'CREATED', LastUsedSince: 'LAST USED', UsageCount: 'USAGE', Shared: 'SHARED' };

/** What each object takes, a table a kind: `system df -v`. */
export function usageDetails(usage: Usage): string {
  const cache = usage.BuildCache ?? [];
  const cacheBytes = cache.filter(({ Shared: shared }) => !shared).reduce((sum, { Size: size }) => sum + size, 0);
  const table = (headers: Record<string, string>, rows: readonly Row[], fields = Object.keys(headers)): string => listText({ format: '', headers, columns: fields.map((field) => `{{.${field}}}`).join('\t') }, rows);
  return [
    `Images space usage:\n\n${table(imageHeaders, (usage.Images ?? []).flatMap(usedImage))}`,
    `Containers space usage:\n\n${table(containerHeaders, (usage.Containers ?? []).map((container) => containerRow({ ...container, SizeRootFs: 0 }, false)), ['ID', 'Image', 'Command', 'LocalVolumes', 'Size', 'RunningFor', 'Status', 'Names'])}`,
    `Local Volumes space usage:\n\n${table(volumeHeaders, (usage.Volumes ?? []).map(volumeRow), ['Name', 'Links', 'Size'])}`,
    `Build cache usage: ${decimalSize(cacheBytes, 4)}\n\n${table(cacheHeaders, cache.map(cacheRow))}`,
  ].join('\n');
}

function usedImage(image: ImageSummary): Row[] {
  const shared = Math.max(0, image.SharedSize ?? 0);
  return imageRows(image, { whole: false, digests: false }).map((row) => ({ ...row, SharedSize: decimalSize(shared, 4), UniqueSize: decimalSize(image.Size - shared, 4) }));
}

function cacheRow(record: CacheRecord): Row {
  const since = (time: string): string => ago(Math.trunc(Date.parse(time) / 1000));
  return {
    ID: record.ID.slice(0, 12), CacheType: record.Type, Size: decimalSize(record.Size), CreatedSince: since(record.CreatedAt),
    LastUsedSince: record.LastUsedAt ? since(record.LastUsedAt) : '', UsageCount: String(record.UsageCount), Shared: String(record.Shared),
  };
}
