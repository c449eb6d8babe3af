import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bool, list, text } from './flag.ts';
import { int, parseCpus } from './numbers.ts';
import { FlagError, parseFlags } from './parse.ts';

const table = { all: bool('', { short: 'a' }), tty: bool('', { short: 't' }), env: list('', { short: 'e' }), name: text(''), last: int('', { short: 'n', initial: -1 }) };
const read = (line: string, interspersed = true) => parseFlags(table, line === '' ? [] : line.split(' '), { interspersed });

describe('parseFlags()', () => {
  test('takes values apart or joined, short or long', () => {
    assert.deepEqual(read('-e A --env B --env=C -e=D -eE').flags.env, ['A', 'B', 'C', 'D', 'E']);
  });
  test('combines short switches, the last of which may take a value', () => {
    const { flags } = read('-aten X');
    assert.deepEqual([flags.all, flags.tty, flags.env], [true, true, ['n']]);
  });
  test('reads flags after arguments where that is allowed', () => {
    assert.deepEqual(read('x -a y').args, ['x', 'y']);
    assert.deepEqual(read('x -a y', false).args, ['x', '-a', 'y']);
  });
  test('stops at --', () => assert.deepEqual(read('-a -- -t x').args, ['-t', 'x']));
  test('a lone dash is an argument', () => assert.deepEqual(read('- x').args, ['-', 'x']));
  test('a switch takes a value only after an equals sign', () => {
    assert.equal(read('--all=false').flags.all, false);
    assert.deepEqual(read('--all false').args, ['false']);
  });
  test('tells what was given from what is default', () => assert.deepEqual([...read('--name=').given], ['name']));
  test('a negative number is a value', () => assert.equal(read('-n -5').flags.last, -5));
  for (const [line, complaint] of [
    ['--nam x', 'unknown flag: --nam'], ['-x', "unknown shorthand flag: 'x' in -x"], ['-ax', "unknown shorthand flag: 'x' in -x"], ['--name', 'flag needs an argument: --name'],
    ['-e', "flag needs an argument: 'e' in -e"], ['--=x', 'bad flag syntax: --=x'], ['---x', 'bad flag syntax: ---x'], ['--constructor', 'unknown flag: --constructor'],
  ] as const) test(`${line}: ${complaint}`, () => assert.throws(() => read(line), (error) => error instanceof FlagError && error.message === complaint));
});

test('parseCpus() keeps nine places and no more', () => {
  assert.deepEqual(['1', '.5', '1.5', '0.000000001', '1/4', '1e-9', '2.'].map(parseCpus), [1e9, 5e8, 15e8, 1, 25e7, 1, 2e9]);
  for (const bad of ['', '.', 'x', '1/0', '0.0000000001', '1/3']) assert.throws(() => parseCpus(bad), Error, bad);
});

