/** The range of the Engine API that is spoken; Docker's 28 clients speak 1.51 and go down to what the server offers. */
export const minApiVersion = '1.24';
export const maxApiVersion = '1.51';

/** Orders dotted versions by number: 1.9 is before 1.24. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [left.split('.'), right.split('.')];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = Number(a[index] ?? 0) - Number(b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function atLeast(version: string, wanted: string): boolean {
  return compareVersions(version, wanted) >= 0;
}
