import type { SetElement } from '../../host/nftables/messages.ts';
import type { Chain, Rule } from '../../host/nftables/socket.ts';

/** The rules of a table, as the kernel lists them, in one string to compare: what never changes while it is ours. */
export function rulesText(chains: readonly Chain[], rules: readonly Rule[]): string {
  return JSON.stringify([chains.map(({ name, hook }) => [name, hook]), rules.map(({ chain, expressions }) => [chain, expressions.toString('hex')])]);
}

/** Whether a set has the elements that it should have, each with its value, and no others. */
export function holds(found: readonly SetElement[], wanted: ReadonlyMap<string, SetElement>): boolean {
  return found.length === wanted.size && found.every(({ key, value }) => {
    const element = wanted.get(key.toString('hex'));
    return element !== undefined && (value === undefined ? element.value === undefined : element.value?.equals(value) === true);
  });
}
