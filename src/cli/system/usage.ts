import type { ContainerSummary } from '../container/row.ts';
import type { Row } from '../format/listing.ts';
import { decimalSize } from '../format/sizes.ts';
import type { ImageSummary } from '../image/row.ts';
import type { VolumeSummary } from '../volume/row.ts';

export interface Usage {
  LayersSize?: number;
  Images?: ImageSummary[] | null;
  Containers?: ContainerSummary[] | null;
  Volumes?: VolumeSummary[] | null;
  BuildCache?: CacheRecord[] | null;
}

/** https://docs.docker.com/reference/api/engine/ (BuildCache) */
export interface CacheRecord { ID: string; Type: string; InUse: boolean; Shared: boolean; Size: number; CreatedAt: string; LastUsedAt?: string | null; UsageCount: number; Parents?: string[] | null; Description?: string }

/** One row a kind: how much there is, and how much of it nothing uses. */
export function usageRows(usage: Usage): Row[] {
  const images = usage.Images ?? [];
  const usedBytes = sum(images.filter(({ Containers: containers = 0 }) => containers > 0).map(({ Size: size, SharedSize: shared = 0 }) => size - Math.max(0, shared)));
  const layers = usage.LayersSize ?? sum(images.map(({ Size: size }) => size));
  const containers = usage.Containers ?? [];
  const running = containers.filter(({ State: state }) => ['running', 'paused', 'restarting'].includes(state));
  const ownBytes = (list: readonly ContainerSummary[]): number => sum(list.map(({ SizeRw: size = 0 }) => size));
  const volumes = usage.Volumes ?? [];
  const mounted = volumes.filter(({ UsageData: data }) => (data?.RefCount ?? 0) > 0);
  const volumeBytes = (list: readonly VolumeSummary[]): number => sum(list.map(({ UsageData: data }) => Math.max(0, data?.Size ?? 0)));
  const cache = usage.BuildCache ?? [];
  const cacheBytes = sum(cache.filter(({ Shared: shared }) => !shared).map(({ Size: size }) => size));
  const cacheFree = sum(cache.filter(({ Shared: shared, InUse: used }) => !shared && !used).map(({ Size: size }) => size));
  return [
    usageRow('Images', images.length, images.filter(({ Containers: count = 0 }) => count > 0).length, [layers, Math.max(0, layers - usedBytes)]),
    usageRow('Containers', containers.length, running.length, [ownBytes(containers), ownBytes(containers) - ownBytes(running)]),
    usageRow('Local Volumes', volumes.length, mounted.length, [volumeBytes(volumes), volumeBytes(volumes) - volumeBytes(mounted)]),
    { ...usageRow('Build Cache', cache.length, cache.filter(({ InUse: used }) => used).length, [cacheBytes, cacheFree]), Reclaimable: decimalSize(cacheFree, 4) },
  ];
}

function usageRow(type: string, count: number, active: number, [bytes, free]: [number, number]): Row {
  const share = bytes > 0 ? ` (${Math.trunc((free / bytes) * 100)}%)` : '';
  return { Type: type, TotalCount: String(count), Active: String(active), Size: decimalSize(bytes, 4), Reclaimable: `${decimalSize(free, 4)}${share}` };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
