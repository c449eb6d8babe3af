import assert from 'node:assert/strict';

/** What a JSON value looks like: each word is a kind, a list has the kind of all its items, and `|` allows several. An object names the fields that must be there. */
export type Shape = string | readonly [Shape] | { readonly [field: string]: Shape };

const kinds: Record<string, (value: unknown) => boolean> = {
  text: (value) => typeof value === 'string' && value !== '',
  string: (value) => typeof value === 'string',
  empty: (value) => value === '',
  integer: (value) => Number.isInteger(value),
  flag: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  list: (value) => Array.isArray(value),
  '[]': (value) => Array.isArray(value) && value.length === 0,
  '{}': (value) => isObject(value) && Object.keys(value).length === 0,
  object: isObject,
  strings: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  // Go writes the keys of a map in their order.
  labels: (value) => isObject(value) && Object.values(value).every((each) => typeof each === 'string') && isSorted(Object.keys(value)),
  time: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value),
  absent: (value) => value === undefined,
};

/** @param where what the message calls the value */
export function assertShape(value: unknown, shape: Shape, where: string): void {
  if (typeof shape === 'string') {
    assert.ok(shape.split('|').some((kind) => kinds[kind]!(value)), `${where} is ${JSON.stringify(value)?.slice(0, 200)}, not ${shape}`);
  } else if (Array.isArray(shape)) {
    assert.ok(Array.isArray(value) && value.length > 0, `${where} is ${JSON.stringify(value)?.slice(0, 200)}, not a list with items`);
    for (const [index, item] of value.entries()) assertShape(item, (shape as readonly [Shape])[0], `${where}[${index}]`);
  } else {
    assert.ok(isObject(value), `${where} is ${JSON.stringify(value)?.slice(0, 200)}, not an object`);
    for (const [field, inner] of Object.entries(shape)) assertShape(value[field], inner, `${where}.${field}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSorted(keys: readonly string[]): boolean {
  return keys.every((key, index) => index === 0 || keys[index - 1]! < key);
}
