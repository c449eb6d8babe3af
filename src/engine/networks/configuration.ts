import { GantryError } from '../../base/errors.ts';
import type { NetworkCatalog } from './network-catalog.ts';
import type { NetworkCreateRequest } from './verbs.ts';

/** The request with the settings of the configuration that it names (`--config-from`). @throws notFound, forbidden */
export function configured(catalog: NetworkCatalog, request: NetworkCreateRequest): NetworkCreateRequest {
  if (!request.configFrom || request.configOnly) return request;
  const configuration = catalog.byName(request.configFrom);
  if (configuration?.configOnly !== true) throw new GantryError('notFound', `configuration network "${request.configFrom}" does not exist`);
  const refused = (what: string): GantryError => new GantryError('forbidden', `${what} are not supported if the network depends on a configuration network`);
  if (request.ipam.config.length > 0 || request.ipam.driver !== 'default' || request.enableIPv6 === true || Object.keys(request.ipam.options ?? {}).length > 0 || Object.keys(request.labels).length > 0) throw refused('user specified configurations');
  if (Object.keys(request.options).length > 0) throw refused('network driver options');
  return {
    ...request, ipam: configuration.ipam, options: configuration.options, labels: configuration.labels,
    ...(configuration.enableIPv6 !== undefined && { enableIPv6: configuration.enableIPv6 }), ...(configuration.enableIPv4 !== undefined && { enableIPv4: configuration.enableIPv4 }),
  };
}
