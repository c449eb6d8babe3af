import assert from 'node:assert/strict';
import { it } from 'node:test';
import { holds, rulesOf } from './intact.ts';

const chain = { chain: { family: 'inet', table: 't', name: 'forward', handle: 1, hook: 'forward', prio: 0, policy: 'accept' } };
const rule = (handle: number, verdict: string) => ({ rule: { family: 'inet', table: 't', chain: 'forward', handle, expr: [{ [verdict]: null }] } });
const set = (elem?: string[]) => ({ set: { family: 'inet', name: 'bridges', table: 't', type: 'ifname', handle: 2, ...(elem && { elem }) } });
const listing = [{ metainfo: {} }, { table: { name: 't' } }, set(['gb-1']), chain, rule(3, 'accept')];
const wanted = [{ set: 'bridges', key: '"gb-1"' }];

it('holds() knows its rules by what they do, not by their numbers', () => {
  assert.ok(holds([set(['gb-1']), chain, rule(17, 'accept')], rulesOf(listing), wanted));
});

it('holds() sees rules that are gone, added or changed', () => {
  for (const changed of [[chain], [chain, rule(3, 'accept'), rule(4, 'drop')], [chain, rule(3, 'drop')], [{ chain: { ...chain.chain, policy: 'drop' } }, rule(3, 'accept')], []]) {
    assert.ok(!holds([set(['gb-1']), ...changed], rulesOf(listing), wanted));
  }
});

it('holds() sees a set that was emptied or filled', () => {
  for (const elements of [undefined, ['gb-1', 'gb-2']]) assert.ok(!holds([set(elements), chain, rule(3, 'accept')], rulesOf(listing), wanted));
});

it('holds() counts an element that is wanted twice once', () => {
  assert.ok(holds(listing, rulesOf(listing), [...wanted, ...wanted]));
});
