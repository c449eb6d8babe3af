/** Adds and drops as the engine wants them: upper case with `CAP_`, sorted, each once; what is added is not dropped as well. */
export function capabilities(add: readonly string[], drop: readonly string[]): { CapAdd: string[] | null; CapDrop: string[] | null } {
  const adds = normal(add);
  const drops = normal(drop).filter((name) => !adds.includes(name));
  return { CapAdd: orNull(adds.includes('ALL') ? ['ALL'] : adds), CapDrop: orNull(drops.includes('ALL') ? ['ALL'] : drops) };
}

function normal(names: readonly string[]): string[] {
  const full = names.map((name) => name.trim().toUpperCase()).map((name) => (name === 'ALL' || name === 'RESET' || name.startsWith('CAP_') ? name : `CAP_${name}`));
  return [...new Set(full)].sort();
}

function orNull(names: string[]): string[] | null {
  return names.length === 0 ? null : names;
}
