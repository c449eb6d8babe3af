/** Kernel clock ticks (`USER_HZ`) are 10 ms on every architecture that Linux runs containers on. */
const tickNanoseconds = 10_000_000;

/**
 * Reads the text of `/proc/stat`: the time all processors spent since boot, idle included, in nanoseconds, and how many of them are online.
 * Without steal and guest time, as Docker counts.
 */
export function parseHostCpu(text: string): { totalNanoseconds: number; onlineCpus: number } {
  const lines = text.split('\n');
  const ticks = (lines[0] ?? '').trim().split(/\s+/).slice(1, 8).reduce((sum, word) => sum + Number(word), 0);
  return { totalNanoseconds: ticks * tickNanoseconds, onlineCpus: lines.filter((line) => /^cpu\d+ /.test(line)).length };
}
