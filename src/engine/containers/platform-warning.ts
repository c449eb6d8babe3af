import { formatPlatform, platformFit, type Platform } from '../../oci/platform.ts';

/** What a person is told who did not ask for a foreign platform but gets one: the processor may not run its programs. */
export function platformWarnings(image: Platform, host: Platform, asked: string | undefined): string[] {
  if (asked || platformFit(image, host) > 0) return [];
  return [`The requested image's platform (${formatPlatform(image)}) does not match the detected host platform (${formatPlatform(host)}) and no specific platform was requested`];
}
