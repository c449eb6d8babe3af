import { nilList, nilMap, nilPointer } from '../../base/template/nil.ts';
import { Structure } from '../../base/template/structure.ts';
import { sortedEntries, withKeyType } from '../../base/template/values.ts';
import { goTime } from '../format/ages.ts';
import { goDuration } from '../format/durations.ts';
import { declared } from './declared.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * What a template sees of JSON that stands for a value of the type: fields under the names of docker's own client, those that the engine may leave out with the empty
 * value of their kind. As JSON it is what came, with the keys of maps in order.
 */
export function viewOf(type: string, json: unknown): unknown {
  if (type.startsWith('*')) return json === null || json === undefined ? nilPointer : viewOfPointed(type.slice(1), json);
  if (type.startsWith('[]')) return Array.isArray(json) ? json.map((item: unknown) => viewOf(type.slice(2), item)) : nilList;
  if (type === 'map' || type.startsWith('map.')) return mapView(type.slice('map.'.length), json);
  if (type.startsWith('ports.')) return withKeyType(mapView(type.slice('ports.'.length), json), 'nat.Port');
  switch (type) {
    case '': return json ?? '';
    case 'int': return json ?? 0;
    case 'bool': return json ?? false;
    case 'any': return json;
    case 'time': return shown('time.Time', timeText(String(json ?? '0001-01-01T00:00:00Z')), json);
    case 'duration': return shown('time.Duration', goDuration(Number(json ?? 0)), json);
    default: return structureView(type, json);
  }
}

function viewOfPointed(type: string, json: unknown): unknown {
  return Object.hasOwn(declared, type) ? structureView(type, json, true) : viewOf(type, json);
}

function structureView(type: string, json: unknown, isPointer = false): Structure {
  const holder = (json ?? {}) as Json;
  const known = fieldsOf(type);
  const fields = new Map(known.map(({ name, key, kind }): [string, unknown] => [name, viewOf(kind, holder[key])]));
  const came = (): unknown => ({ ...holder, ...Object.fromEntries(known.filter(({ key }) => Object.hasOwn(holder, key)).map(({ name, key }) => [key, fields.get(name)])) });
  return new Structure(type, fields, { json: came, isPointer, text: texts[type]?.(holder) });
}

/** How those structures print that say it themselves. */
const texts: Readonly<Record<string, (json: Json) => string>> = {
  'units.Ulimit': ({ Name: name, Soft: soft, Hard: hard }) => `${String(name)}=${String(soft)}:${String(hard)}`,
  'blkiodev.WeightDevice': ({ Path: path, Weight: weight }) => `${String(path)}:${String(weight)}`,
  'blkiodev.ThrottleDevice': ({ Path: path, Rate: rate }) => `${String(path)}:${String(rate)}`,
};

function mapView(type: string, json: unknown): object {
  if (typeof json !== 'object' || json === null) return nilMap;
  return Object.fromEntries(sortedEntries(json).map(([key, item]) => [key, viewOf(type === '' ? 'any' : type, item)]));
}

function shown(type: string, text: string, json: unknown): Structure {
  return new Structure(type, new Map(), { json: () => json, text });
}

/** `2026-11-21 07:52:54.981 +0000 UTC` from RFC 3339, in the zone it came in. */
function timeText(text: string): string {
  const [, day, time, fraction = '', zone] = /^(\S+?)T([\d:]+)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  if (day === undefined) return text;
  if (zone !== 'Z') return goTime(new Date(text), fraction.replace(/\.?0+$/, ''));
  return `${day} ${time}${fraction.replace(/\.?0+$/, '')} +0000 UTC`;
}

interface Field { name: string; key: string; kind: string }

const read = new Map<string, readonly Field[]>();

function fieldsOf(type: string): readonly Field[] {
  const found = read.get(type);
  if (found !== undefined) return found;
  const fields = (declared[type] ?? '').split(/\s+/).filter((word) => word !== '').map((word): Field => {
    const [, name = '', key = name, kind = ''] = /^(\w+)(?:=(\w+))?(?::(\S+))?$/.exec(word) ?? [];
    return { name, key, kind };
  });
  read.set(type, fields);
  return fields;
}
