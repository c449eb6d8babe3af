import type { AnyCommand } from '../command.ts';
import { elsewhere, entries, groups, program, type Entry } from '../tree.ts';
import type { FlagTable } from './flag.ts';
import { globalFlags } from './global-flags.ts';

/** The page for one command. */
export function commandHelp(entry: Entry, command: AnyCommand, path: string): string {
  const parts = [`Usage:  ${path} ${command.usage}`.trimEnd(), entry.summary];
  if (entry.paths.length > 1) parts.push(`Aliases:\n  ${entry.paths.map((alias) => `${program} ${alias}`).join(', ')}`);
  const options = flagLines(command.flags);
  if (options.length > 0) parts.push(`Options:\n${options.join('\n')}`);
  if (command.examples !== undefined) parts.push(`Examples:\n${command.examples.map(([purpose, line]) => `  # ${purpose}\n  ${line}`).join('\n\n')}`);
  return `${parts.join('\n\n')}\n`;
}

/** The page for the program (no words) or for one noun. */
export function groupHelp(words: readonly string[]): string {
  const noun = words[0];
  if (noun !== undefined) {
    const inside = entries.filter(({ paths, hidden }) => paths[0]?.startsWith(`${noun} `) && hidden !== true);
    const rows = inside.map(({ paths, summary }): Row => [paths[0]?.slice(noun.length + 1) ?? '', summary]).sort(byName);
    return `Usage:  ${program} ${noun} COMMAND\n\n${groups[noun]}\n\n${section('Commands', rows)}\nRun '${program} ${noun} COMMAND --help' for more information on a command.\n`;
  }
  const short = entries.flatMap((entry): [Entry, string][] => {
    const name = entry.paths.find((path) => !path.includes(' '));
    return name === undefined ? [] : [[entry, name]];
  });
  const rowsWhere = (common: boolean): Row[] => short.filter(([entry]) => (entry.common ?? false) === common).map(([entry, name]) => [name, entry.summary]);
  return [
    `Usage:  ${program} [OPTIONS] COMMAND`,
    'A container engine that speaks the Docker API',
    section('Common Commands', rowsWhere(true)).trimEnd(),
    section('Management Commands', Object.entries(groups)).trimEnd(),
    section('This Host', Object.entries(elsewhere)).trimEnd(),
    section('Commands', rowsWhere(false).sort(byName)).trimEnd(),
    `Global Options:\n${flagLines(globalFlags).join('\n')}`,
    `Run '${program} COMMAND --help' for more information on a command.\n`,
  ].join('\n\n');
}

type Row = [name: string, summary: string];

function byName([left]: Row, [right]: Row): number {
  return left < right ? -1 : 1;
}

function section(title: string, rows: readonly Row[]): string {
  return `${title}:\n${rows.map(([name, summary]) => `  ${name.padEnd(12)}${summary}\n`).join('')}`;
}

const pageWidth = 80;

/** Flags in the order of their names, with their summaries in one column. */
export function flagLines(table: FlagTable): string[] {
  const rows = Object.entries(table)
    .filter(([, flag]) => flag.hidden !== true)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, flag]) => {
      const lead = flag.short === undefined ? '      ' : `  -${flag.short}, `;
      const shown = flag.shown === undefined ? '' : ` (default ${flag.shown})`;
      return { left: `${lead}--${name}${flag.type === '' ? '' : ` ${flag.type}`}`, right: `${flag.summary}${shown}` };
    });
  const column = Math.max(0, ...rows.map(({ left }) => left.length)) + 3;
  return rows.map(({ left, right }) => left.padEnd(column) + wrap(right, Math.max(24, pageWidth - column)).join(`\n${' '.repeat(column)}`));
}

function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, line];
  });
}
