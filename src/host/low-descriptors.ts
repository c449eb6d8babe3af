import { closeSync, openSync } from 'node:fs';

/** More than threads beside this one take in the moment in which they are free. */
const count = 32;

/**
 * Descriptors below 1024, held for those that can use no others: a library that waits with select(2), as libnftables does, ends the whole process when
 * its socket has a higher number. They are taken when this file is loaded; later a daemon of a thousand containers has no low ones left.
 */
const held: number[] = [];
hold();

/** Runs `act` while low descriptors are free: what it opens gets the lowest. */
export function withLowDescriptors<T>(act: () => T): T {
  release();
  try {
    return act();
  } finally {
    hold();
  }
}

/** Takes what has been closed since, before others do. */
export function holdLowDescriptors(): void {
  release();
  hold();
}

function release(): void {
  for (const descriptor of held.splice(0)) closeSync(descriptor);
}

function hold(): void {
  while (held.length < count) held.push(openSync('/dev/null', 'r'));
}
