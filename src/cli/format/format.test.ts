import assert from 'node:assert/strict';
import { test } from 'node:test';
import { humanDuration } from './ages.ts';
import { listText } from './listing.ts';
import { displayPorts } from './ports.ts';
import { binarySize, decimalSize } from './sizes.ts';
import { alignTabs } from './table.ts';
import { ellipsis } from './text.ts';

test('decimalSize() and binarySize() keep the digits docker shows', () => {
  assert.deepEqual([0, 999, 1000, 1234567, 4260000, 12_345_678_901].map((bytes) => decimalSize(bytes)), ['0B', '999B', '1kB', '1.23MB', '4.26MB', '12.3GB']);
  assert.deepEqual([0, 1023, 1024, 1_258_291, 8_589_934_592].map(binarySize), ['0B', '1023B', '1KiB', '1.2MiB', '8GiB']);
});

test('humanDuration() changes its words where docker does', () => {
  const said = [0, 1, 59, 60, 119, 120, 3599, 3600, 5399, 5400, 47 * 3600, 48 * 3600, 14 * 86400, 60 * 86400, 730 * 86400].map(humanDuration);
  assert.deepEqual(said, ['Less than a second', '1 second', '59 seconds', 'About a minute', 'About a minute', '2 minutes', '59 minutes', 'About an hour', 'About an hour', '2 hours', '47 hours', '2 days', '2 weeks', '2 months', '2 years']);
});

test('displayPorts() joins neighbours and keeps mappings to other numbers apart', () => {
  const at = (PrivatePort: number, PublicPort?: number, IP = PublicPort === undefined ? '' : '0.0.0.0', Type = 'tcp') => ({ PrivatePort, IP, Type, ...(PublicPort === undefined ? {} : { PublicPort }) });
  assert.equal(displayPorts([at(82, 82), at(80, 80), at(81, 81)]), '0.0.0.0:80-82->80-82/tcp');
  assert.equal(displayPorts([at(80, 8080), at(80, 8080, '::')]), '0.0.0.0:8080->80/tcp, [::]:8080->80/tcp');
  assert.equal(displayPorts([at(53, undefined, '', 'udp'), at(80), at(81)]), '53/udp, 80-81/tcp');
  assert.equal(displayPorts([]), '');
});

test('alignTabs() pads every cell but the last, at least ten wide with three apart', () => {
  assert.equal(alignTabs('A\tB\tC\nlonger than ten\tx\ty'), 'A                 B         C\nlonger than ten   x         y');
});

test('ellipsis() counts the cells of a terminal', () => {
  assert.deepEqual([ellipsis('abc', 3), ellipsis('abcd', 3), ellipsis('äöü…', 2)], ['abc', 'ab…', 'ä…']);
  assert.deepEqual([ellipsis('日本語', 6), ellipsis('日本語', 5), ellipsis('日本語', 4), ellipsis('a日本語', 4)], ['日本語', '日本…', '日…', 'a日…']);
});

test('alignTabs() pads by the cells of a terminal', () => assert.equal(alignTabs('日本\tx\nabcd\ty\n🐳\tz', 0), '日本   x\nabcd   y\n🐳     z'));

const listing = { type: '*web.row', headers: { ID: 'THE ID', Name: 'NAME' }, columns: '{{.ID}}\t{{.Name}}', quiet: undefined };
const rows = [{ ID: '1', Name: 'web', Label: (name: unknown) => `<${String(name)}>` }];

test('listText() makes tables, JSON lines and templates', () => {
  assert.equal(listText({ ...listing, format: '' }, rows), 'THE ID    NAME\n1         web\n');
  assert.equal(listText({ ...listing, format: 'table {{.Name}}\\t{{upper .ID}}' }, rows), 'NAME      THE ID\nweb       1\n');
  assert.equal(listText({ ...listing, format: 'json' }, rows), '{"ID":"1","Name":"web"}\n');
  assert.equal(listText({ ...listing, format: '{{.Label "a"}}' }, rows), '<a>\n');
  assert.equal(listText({ ...listing, format: 'json' }, [{ Name: '<none>' }]), '{"Name":"\\u003cnone\\u003e"}\n');
  assert.equal(listText({ ...listing, format: '{{.Name}}', quiet: '{{.ID}}' }, rows), 'web\n');
  assert.equal(listText({ ...listing, format: '', quiet: '{{.ID}}' }, rows), '1\n');
  assert.throws(() => listText({ ...listing, format: '{{.Nonsense}}' }, rows), /template parsing error/);
});
