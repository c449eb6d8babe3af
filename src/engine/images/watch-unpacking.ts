import type { Growth } from '../../store/snapshots/growth.ts';

const tickMs = 100;

/** Tells how much of a blob is unpacked, ten times a second where there is more, and all of it at the end. @throws what the unpacking does */
export async function watchUnpacking(growth: Growth, { sizeBytes, tell }: { sizeBytes: number; tell: (currentBytes: number) => void }, unpacking: Promise<unknown>): Promise<void> {
  let told = 0;
  const tellNew = (currentBytes: number): void => {
    if (currentBytes > told) tell(told = currentBytes);
  };
  const timer = setInterval(() => tellNew(Math.min(sizeBytes, growth.readBytes)), tickMs);
  try {
    await unpacking;
    tellNew(sizeBytes);
  } finally {
    clearInterval(timer);
  }
}
