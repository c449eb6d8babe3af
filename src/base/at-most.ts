/** Waits for `work`, whatever becomes of it, but no longer than this. Leaves no timer behind. */
export async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
