import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Rule } from '../../host/nftables/socket.ts';
import { holds, rulesText } from './intact.ts';

const chain = { family: 1, table: 't', name: 'forward', hook: { number: 2, priority: 0, policy: 'accept' as const } };
const rule = (bytes: number[]): Rule => ({ chain: 'forward', expressions: Buffer.from(bytes) });
const element = (key: number, value?: number) => ({ key: Buffer.from([key]), ...(value !== undefined && { value: Buffer.from([value]) }) });
const wanted = (...elements: ReturnType<typeof element>[]) => new Map(elements.map((each) => [each.key.toString('hex'), each]));

it('rulesText() sees rules that are gone, added or changed', () => {
  const ours = rulesText([chain], [rule([3])]);
  assert.equal(rulesText([chain], [rule([3])]), ours);
  const changed: [typeof chain[], Rule[]][] = [
    [[chain], []], [[chain], [rule([3]), rule([4])]], [[chain], [rule([4])]], [[{ ...chain, hook: { ...chain.hook, priority: 1 } }], [rule([3])]], [[], []],
  ];
  for (const [chains, rules] of changed) assert.notEqual(rulesText(chains, rules), ours);
});

it('holds() sees a set that was emptied, filled, or leads elsewhere', () => {
  assert.ok(holds([element(1, 2)], wanted(element(1, 2))));
  for (const found of [[], [element(1, 2), element(3, 2)], [element(3, 2)], [element(1, 3)]]) assert.ok(!holds(found, wanted(element(1, 2))));
});
