/** Types of files in `st_mode`, and Go's bit for each. Source: Go's io/fs, FileMode. */
const types: readonly [bits: number, go: number][] = [
  [0o040000, 2 ** 31], [0o120000, 2 ** 27], [0o060000, 2 ** 26], [0o020000, 2 ** 26 + 2 ** 21], [0o010000, 2 ** 25], [0o140000, 2 ** 24],
];
const special: readonly [bit: number, go: number][] = [[0o4000, 2 ** 23], [0o2000, 2 ** 22], [0o1000, 2 ** 20]];

/** `st_mode` as Go's os.FileMode, which the wire carries. */
export function goFileMode(mode: number): number {
  const type = types.find(([bits]) => (mode & 0o170000) === bits)?.[1] ?? 0;
  return (mode & 0o777) + type + special.reduce((sum, [bit, go]) => sum + ((mode & bit) === 0 ? 0 : go), 0);
}
