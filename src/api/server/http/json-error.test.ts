import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSyntaxError } from './json-error.ts';

/** The sentences are those of Go's encoding/json for the same texts. */
const cases: [text: string, message: string][] = [
  ['{', 'unexpected EOF'],
  ['[', 'unexpected EOF'],
  ['nul', 'unexpected EOF'],
  ['{"a":"b', 'unexpected EOF'],
  ['-', 'unexpected EOF'],
  ['nulx', "invalid character 'x' in literal null (expecting 'l')"],
  ['{"a":}', "invalid character '}' looking for beginning of value"],
  ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
  ['{"a":1]', "invalid character ']' after object key:value pair"],
  ['[1 2]', "invalid character '2' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['[[{"a":[]}},1]', "invalid character '}' after array element"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['-x', "invalid character 'x' in numeric literal"],
  ['1.x', "invalid character 'x' after decimal point in numeric literal"],
  ['[1.5e+]', "invalid character ']' in exponent of numeric literal"],
  ['{}{}', 'unexpected content after JSON'],
  ['{"a":[1,{"b":null}],"c":true} x', 'unexpected content after JSON'],
  ['['.repeat(20_000), 'exceeded max depth'],
];
for (const [text, message] of cases) {
  test(`jsonSyntaxError() of ${text.slice(0, 40)}`, () => {
    assert.throws(() => JSON.parse(text));
    assert.equal(jsonSyntaxError(text), message);
  });
}
