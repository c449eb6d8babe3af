import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../host/find-program.ts';

/** The program that makes the image which needs no network; it writes `embedded-image.tar` into dist/. */
export const imageMaker = fileURLToPath(new URL('../../../tools/embedded-image.ts', import.meta.url));

/** Whether the image is there, and not older than what it is made of. */
export function embeddedImageCurrent(): boolean {
  const image = modified(join(dirname(imageMaker), '../dist/embedded-image.tar'));
  const busybox = findProgram('busybox');
  return image > modified(imageMaker) && (busybox === undefined || image > modified(busybox));
}

/** Milliseconds since the epoch; 0 when there is no such file. */
function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0;
}
