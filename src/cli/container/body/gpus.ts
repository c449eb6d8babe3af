import { csvFields } from './csv.ts';
import type { DeviceRequest } from './wire.ts';

/** `all`, `2`, or `driver=…,count=…,device=…,capabilities=…,options=…`. */
export function parseGpus(value: string): DeviceRequest {
  const request: DeviceRequest = { Driver: '', Count: 0, DeviceIDs: null, Capabilities: [], Options: {} };
  const seen = new Set<string>();
  for (const field of csvFields(value)) {
    const equals = field.indexOf('=');
    const key = equals < 0 ? 'count' : field.slice(0, equals);
    const text = equals < 0 ? field : field.slice(equals + 1);
    if (seen.has(key)) throw new Error(`gpu request key '${key}' can be specified only once`);
    seen.add(key);
    apply(request, key, text);
  }
  if (!seen.has('count') && request.DeviceIDs === null) request.Count = 1;
  if (!seen.has('capabilities')) request.Capabilities = [['gpu']];
  return request;
}

function apply(request: DeviceRequest, key: string, text: string): void {
  switch (key) {
    case 'driver':
      request.Driver = text;
      return;
    case 'count':
      if (text !== 'all' && !/^-?\d+$/.test(text)) throw new Error(`invalid count (${text}): value must be either "all" or an integer: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
      request.Count = text === 'all' ? -1 : Number(text);
      return;
    case 'device':
      request.DeviceIDs = text.split(',');
      return;
    case 'capabilities':
      request.Capabilities = [[...text.split(','), 'gpu']];
      return;
    case 'options':
      request.Options = Object.fromEntries(csvFields(text).map((pair) => {
        const equals = pair.indexOf('=');
        return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
      }));
      return;
    default:
      throw new Error(`unexpected key '${key}' in '${key}=${text}'`);
  }
}
