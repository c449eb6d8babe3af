import { GantryError } from '../../../base/errors.ts';
import { atLeast } from '../../types/version.ts';
import { summaryJson } from '../containers/summary.ts';
import type { Handler } from '../http/router.ts';
import { sendJson } from '../http/respond.ts';
import { imageSummaryJson } from '../images/summary.ts';
import { volumeJson } from '../volumes/json.ts';

const kinds = ['container', 'image', 'volume', 'build-cache'];

/** `GET /system/df`: what the asked kinds of things weigh; what was not asked for is null. */
export const diskUsage: Handler = async (exchange, services) => {
  const { query, version } = exchange;
  const asked = atLeast(version, '1.42') && query.has('type') ? query.all('type') : kinds;
  const unknown = asked.find((kind) => !kinds.includes(kind));
  if (unknown !== undefined) throw new GantryError('invalid', `unknown object type: ${unknown}`);
  const wanted = (kind: string): boolean => asked.includes(kind);
  const none = new Map<string, string[]>();
  const images = wanted('image') ? await services.images.list({ all: false, filters: none, sharedSize: true, digests: true }) : undefined;
  const containers = wanted('container') ? await services.containers.list({ all: true, limit: 0, size: true, filters: none }) : undefined;
  const volumes = wanted('volume') ? await services.volumes.list(none, { usage: true }) : undefined;
  sendJson(exchange, 200, {
    LayersSize: images === undefined ? 0 : services.images.layerBytes(),
    Images: images?.map((image) => imageSummaryJson(image, version, { sharedSize: true, containers: true })) ?? null,
    Containers: containers?.map((container) => summaryJson(container, version)) ?? null,
    Volumes: volumes?.volumes.map(volumeJson) ?? null,
    BuildCache: wanted('build-cache') ? [] : null,
  });
};
