import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import type { Case } from './cases.ts';
import { median, quantile, type Sample } from './measure.ts';

export interface Result { case: Case; samples: Sample[]; floor?: number[] }

const folder = import.meta.dirname;

/** The table that README quotes: medians, and in brackets how many times Gantry's. */
export function table(results: Result[], engines: string[]): string {
  const rows = results.map(({ case: { title, unit }, samples, floor }) => {
    const own = median(samples.find(({ name }) => name === 'gantry')?.values ?? []);
    const cell = (name: string): string => {
      const value = median(samples.find((sample) => sample.name === name)?.values ?? []);
      if (Number.isNaN(value)) return '–';
      // Of nothing, or of less than nothing where noise was larger than what is measured, no ratio says anything.
      return name !== 'gantry' && own > 0 && value > 0 ? `${shown(value, unit)} (×${(value / own).toFixed(1)})` : shown(value, unit);
    };
    return `| ${title} | ${engines.map(cell).join(' | ')} | ${floor === undefined ? '' : shown(median(floor), unit)} |`;
  });
  return [`| | ${engines.join(' | ')} | bare |`, `|---|${engines.map(() => '---:|').join('')}---:|`, ...rows].join('\n');
}

function shown(value: number, unit: string): string {
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${unit}`;
}

export function details(results: Result[]): string {
  const rows = results.flatMap(({ case: { name, unit }, samples, floor }) => [...samples, ...(floor === undefined ? [] : [{ name: 'bare', values: floor }])]
    .filter(({ values }) => values.length > 0)
    .map((sample) => `| ${name} | ${sample.name} | ${shown(median(sample.values), unit)} | ${shown(quantile(sample.values, 0.95), unit)} | ${shown(Math.min(...sample.values), unit)} | ${sample.values.length} |`));
  return ['| case | engine | median | p95 | least | n |', '|---|---|---:|---:|---:|---:|', ...rows].join('\n');
}

/** What was measured, when and on what. */
export function heading(versions: string[], now: Date): string {
  const model = cpus()[0]?.model ?? 'unknown CPU';
  return `${now.toISOString().slice(0, 10)}, ${cpus().length} × ${model}, Linux ${release()}; ${versions.join(', ')}. Medians of one run in which the engines took turns. `
    + 'Bare is crun, `curl | gunzip` for a pull, plain `lo` for a published port.';
}

/** Writes bench/results.md, and the table between README's two marks. */
export function publish(text: { heading: string; table: string; details: string }): void {
  writeFileSync(join(folder, 'results.md'), `# Measured side by side\n\n${text.heading}\n\n${text.table}\n\n## In detail\n\n${text.details}\n`);
  const readme = join(folder, '../README.md');
  const source = readFileSync(readme, 'utf8');
  const marks = /(<!-- bench -->\n)[\s\S]*?(<!-- \/bench -->)/;
  writeFileSync(readme, source.replace(marks, (_, open: string, close: string) => `${open}${text.table}\n\n${text.heading}\n${close}`));
}
