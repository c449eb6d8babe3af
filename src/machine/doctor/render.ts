import type { Finding, Outcome } from './check.ts';

const signs: Record<Outcome, string> = { ok: '✔', note: '•', warn: '!', fail: '✖', skip: '○' };
const colours: Record<Outcome, number> = { ok: 32, note: 36, warn: 33, fail: 31, skip: 90 };

/** One line a finding, its remedy on the line below, and a last line that sums up. */
export function render(findings: Finding[], colour: boolean): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const sign = (outcome: Outcome): string => (colour ? `\u001B[${colours[outcome]}m${signs[outcome]}\u001B[0m` : signs[outcome]);
  const lines = findings.flatMap(({ check, outcome, detail, remedy }) => [
    `${sign(outcome)} ${check.padEnd(width)}  ${detail.replaceAll('\n', ' ')}`,
    ...(remedy === undefined ? [] : [`  ${''.padEnd(width)}  → ${remedy}`]),
  ]);
  const count = (outcome: Outcome): number => findings.filter((each) => each.outcome === outcome).length;
  const broken = count('fail');
  const verdict = broken > 0 ? `Containers cannot run here yet: ${broken} to mend.`
    : count('warn') > 0 ? `Containers run here; ${count('warn')} thing${count('warn') === 1 ? '' : 's'} will not work.` : 'Containers run here.';
  return `${lines.join('\n')}\n\n${verdict}\n`;
}
