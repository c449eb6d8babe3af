import { textWidth } from './width.ts';

const padding = 3;

/**
 * Aligns cells that end with a tab, as Go's tabwriter does with docker's settings: a column is a run of neighbouring lines that have
 * a tab-terminated cell there; what follows the last tab is not padded.
 */
export function alignTabs(text: string, narrowest = 10): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const out: string[] = lines.map(() => '');
  alignColumn(lines, out, { from: 0, to: lines.length, column: 0, narrowest });
  return out.join('\n');
}

function alignColumn(lines: readonly string[][], out: string[], block: { from: number; to: number; column: number; narrowest: number }): void {
  const { column, narrowest } = block;
  for (let at = block.from; at < block.to; at += 1) {
    const cells = lines[at] ?? [];
    if (column >= cells.length - 1) {
      out[at] += cells[column] ?? '';
      continue;
    }
    let end = at;
    let width = narrowest;
    while (end < block.to && column < (lines[end]?.length ?? 0) - 1) {
      width = Math.max(width, textWidth(lines[end]?.[column] ?? '') + padding);
      end += 1;
    }
    for (let line = at; line < end; line += 1) {
      const cell = lines[line]?.[column] ?? '';
      out[line] += cell + ' '.repeat(width - textWidth(cell));
    }
    alignColumn(lines, out, { from: at, to: end, column: column + 1, narrowest });
    at = end - 1;
  }
}
