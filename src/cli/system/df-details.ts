import { compile } from '../../base/template/evaluate.ts';
import { containerRow, headers as containerHeaders, rawText as rawContainer } from '../container/row.ts';
import { ago } from '../format/ages.ts';
import { asJson, escapes, guarded, listText, type Row } from '../format/listing.ts';
import { decimalSize } from '../format/sizes.ts';
import { imageRows, rawText as rawImage, type ImageSummary } from '../image/row.ts';
import { headers as volumeHeaders, rawText as rawVolume, volumeRow } from '../volume/row.ts';
import type { CacheRecord, Usage } from './usage.ts';

const imageHeaders = {
  Repository: 'REPOSITORY', Tag: 'TAG', ID: 'IMAGE ID', CreatedSince: 'CREATED', Size: 'SIZE', SharedSize: 'SHARED SIZE', UniqueSize: 'UNIQUE SIZE', Containers: 'CONTAINERS',
};
const cacheHeaders = { ID: 'CACHE ID', CacheType: 'CACHE TYPE', Size: 'SIZE', CreatedSince: 'CREATED', LastUsedSince: 'LAST USED', UsageCount: 'USAGE', Shared: 'SHARED' };
const rawCache = ['cache_id: {{.ID}}', 'cache_type: {{.CacheType}}', 'description: {{.Description}}', 'created_at: {{.CreatedAt}}', 'last_used_at: {{.LastUsedAt}}', 'usage_count: {{.UsageCount}}', 'in_use: {{.InUse}}', 'shared: {{.Shared}}', ''].join('\n');
const raw = [['Images', 'Image', rawImage(true)], ['Containers', 'Container', rawContainer(true)], ['Volumes', 'Volume', rawVolume], ['BuildCache', 'Build Cache', rawCache]]
  .map(([list, kind, template]) => `{{range .${list}}}type: ${kind}\n${template}\n{{end -}}`).join('\n');

interface Details { Images: Row[]; Containers: Row[]; Volumes: Row[]; BuildCache: Row[] }

/** What each object takes: `system df -v`. A table a kind, or what a template makes of all of them. */
export function usageDetails(usage: Usage, format: string): string {
  const isTable = format === '' || format.startsWith('table');
  const details = detailsOf(usage, !isTable);
  if (format === '' || format === 'table') return tables(details, usage.BuildCache ?? []);
  const template = { json: '{{json .}}', raw }[format] ?? escapes(format.replace(/^table/, '').trim());
  const compiled = guarded(() => compile(template, { type: '*formatter.diskUsageContext' }));
  return guarded(() => compiled.execute(details), '');
}

function detailsOf(usage: Usage, whole: boolean): Details {
  return {
    Images: (usage.Images ?? []).map((image) => asJson(usedImage(image, whole))),
    // Without the size of its image.
    Containers: (usage.Containers ?? []).map((container) => asJson(containerRow({ ...container, SizeRootFs: 0 }, whole))),
    Volumes: (usage.Volumes ?? []).map((volume) => asJson(volumeRow(volume))),
    BuildCache: (usage.BuildCache ?? []).map((record) => asJson(cacheRow(record, whole))),
  };
}

function tables({ Images: images, Containers: containers, Volumes: volumes, BuildCache: records }: Details, cache: readonly CacheRecord[]): string {
  const cacheBytes = cache.filter(({ Shared: shared }) => !shared).reduce((sum, { Size: size }) => sum + size, 0);
  const table = (headers: Record<string, string>, rows: readonly Row[], fields = Object.keys(headers)): string => listText({ format: '', headers, columns: fields.map((field) => `{{.${field}}}`).join('\t'), type: '' }, rows);
  return [
    `Images space usage:\n\n${table(imageHeaders, images)}`,
    `Containers space usage:\n\n${table(containerHeaders, containers, ['ID', 'Image', 'Command', 'LocalVolumes', 'Size', 'RunningFor', 'Status', 'Names'])}`,
    `Local Volumes space usage:\n\n${table(volumeHeaders, volumes, ['Name', 'Links', 'Size'])}`,
    `Build cache usage: ${decimalSize(cacheBytes, 4)}\n\n${table(cacheHeaders, records)}`,
  ].join('\n');
}

/** Under the first of its names alone. */
function usedImage(image: ImageSummary, whole: boolean): Row {
  const shared = Math.max(0, image.SharedSize ?? 0);
  const [row = {}] = imageRows({ ...image, RepoTags: (image.RepoTags ?? []).slice(0, 1), RepoDigests: [] }, { whole, digests: false });
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(row), ...fixed({ Digest: '', SharedSize: decimalSize(shared, 4), UniqueSize: decimalSize(image.Size - shared, 4) }) });
}

function fixed(values: Record<string, string>): PropertyDescriptorMap {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, enumerable: true }]));
}

function cacheRow(record: CacheRecord, whole: boolean): Row {
  const since = (time: string): string => ago(Math.trunc(Date.parse(time) / 1000));
  return {
    ID: whole ? record.ID : record.ID.slice(0, 12), Parent: (record.Parents ?? []).join(', '), CacheType: record.Type, Description: record.Description ?? '', Size: decimalSize(record.Size), CreatedAt: record.CreatedAt, CreatedSince: since(record.CreatedAt),
    LastUsedAt: record.LastUsedAt ?? '', LastUsedSince: record.LastUsedAt ? since(record.LastUsedAt) : '', UsageCount: String(record.UsageCount), InUse: String(record.InUse), Shared: String(record.Shared),
  };
}
