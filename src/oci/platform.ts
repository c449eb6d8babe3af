import { GantryError } from '../base/errors.ts';

/** What an image runs on. https://github.com/opencontainers/image-spec/blob/main/image-index.md */
export interface Platform { os: string; architecture: string; variant?: string }

const architectures: Readonly<Record<string, string>> = { x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64', i386: '386', i686: '386', armhf: 'arm', armel: 'arm' };

/** Names that stand for a system where they stand alone. */
const systems: readonly string[] = ['aix', 'android', 'darwin', 'dragonfly', 'freebsd', 'hurd', 'illumos', 'ios', 'js', 'linux', 'nacl', 'netbsd', 'openbsd', 'plan9', 'solaris', 'windows', 'zos'];

/** `linux/arm/v7`, or a part of it (`arm64`, `linux`); names other tools use are understood. @throws invalid */
export function parsePlatform(text: string, host: Platform): Platform {
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9_.-]+$/.test(part))) {
    throw new GantryError('invalid', `${JSON.stringify(text)}: unknown operating system or architecture`);
  }
  const [first = '', second, third] = parts;
  if (second !== undefined) return normalized({ os: first, architecture: second, ...(third === undefined ? {} : { variant: third }) });
  if (systems.includes(first)) return { ...host, os: first };
  return normalized({ os: 'linux', architecture: first });
}

/** One spelling for each platform: arm64/v8 is arm64, arm without a variant is v7. */
export function normalized(platform: Platform): Platform {
  const architecture = architectures[platform.architecture] ?? platform.architecture;
  const fallback = platform.architecture === 'armel' ? 'v6' : architecture === 'arm' ? 'v7' : undefined;
  const variant = platform.variant === undefined || platform.variant === '' ? fallback : platform.variant;
  const plain = variant === undefined || (architecture === 'arm64' && ['8', 'v8'].includes(variant)) || (architecture === 'amd64' && variant === 'v1');
  return { os: platform.os, architecture, ...(plain ? {} : { variant: architecture === 'arm' && /^\d/.test(variant) ? `v${variant}` : variant }) };
}

export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter((part) => part !== undefined && part !== '').join('/');
}

/** How well an image fits: higher is better, 0 is not at all. Older ARM variants run on newer processors. */
export function platformFit(image: Platform, wanted: Platform): number {
  const [a, b] = [normalized(image), normalized(wanted)];
  if (a.os !== b.os || a.architecture !== b.architecture) return 0;
  if (a.variant === b.variant) return 100;
  const [have, want] = [variantNumber(a), variantNumber(b)];
  return have <= want ? 50 + have : 0;
}

function variantNumber({ variant }: Platform): number {
  return variant === undefined ? 0 : Number(/\d+/.exec(variant)?.[0] ?? 0);
}
