import { dirname, join, normalize } from 'node:path';

export interface Import {
  /** Path from the repository's root for a file of ours, else the package as written. */
  target: string;
  line: number;
  /** Gone at run time, so it closes no circle. */
  typeOnly: boolean;
  /** Named by URL, to be started as a worker or a program. */
  program: boolean;
}

const statement = /^(?:import|export)\b(\s+type\b)?([^'";]*?)\bfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)|\bnew URL\('(\.[^']+\.ts)', import\.meta\.url\)/gm;

/** The imports that a source file states: static, re-exported, lazy, and programs named by URL. */
export function importsOf(path: string, source: string): Import[] {
  const imports: Import[] = [];
  for (const match of source.matchAll(statement)) {
    const specifier = match[3] ?? match[4] ?? match[5] ?? match[6];
    if (specifier === undefined) continue;
    imports.push({
      target: specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier,
      line: source.slice(0, match.index).split('\n').length,
      // A lazy import or a URL runs later: it closes no circle at load time either.
      typeOnly: match[1] !== undefined || match[5] !== undefined || match[6] !== undefined || onlyTypes(match[2] ?? ''),
      program: match[6] !== undefined,
    });
  }
  return imports;
}

/** `import { type A, type B } from` */
function onlyTypes(clause: string): boolean {
  const names = /^\s*\{([^}]*)\}\s*$/.exec(clause)?.[1]?.split(',').map((name) => name.trim()).filter((name) => name !== '');
  return names !== undefined && names.length > 0 && names.every((name) => name.startsWith('type '));
}
