import { GantryError } from '../base/errors.ts';

/** What an image runs on. https://github.com/opencontainers/image-spec/blob/main/image-index.md */
export interface Platform { os: string; architecture: string; variant?: string }

const architectures: Readonly<Record<string, string>> = { x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64', i386: '386', i686: '386', armhf: 'arm', armel: 'arm' };

/** Names that stand for a system where they stand alone. */
const systems: readonly string[] = ['aix', 'android', 'darwin', 'dragonfly', 'freebsd', 'hurd', 'illumos', 'ios', 'js', 'linux', 'nacl', 'netbsd', 'openbsd', 'plan9', 'solaris', 'windows', 'zos'];

/** Names that stand for an architecture where they stand alone. */
const processors: readonly string[] = [
  '386', 'amd64', 'amd64p32', 'arm', 'armbe', 'arm64', 'arm64be', 'ppc64', 'ppc64le', 'loong64', 'mips', 'mipsle', 'mips64', 'mips64le', 'mips64p32', 'mips64p32le', 'ppc',
  'riscv', 'riscv64', 's390', 's390x', 'sparc', 'sparc64', 'wasm',
];

/** `linux/arm/v7`, or a part of it (`arm64`, `linux`); names other tools use are understood. @throws invalid, in containerd's words */
export function parsePlatform(text: string, host: Platform): Platform {
  const refused = (why: string): GantryError => new GantryError('invalid', `${why}: invalid argument`);
  const parts = text.split('/');
  const odd = parts.find((part) => !/^[A-Za-z0-9_.-]+$/.test(part));
  if (odd !== undefined) throw refused(`${JSON.stringify(odd)} is an invalid component of ${JSON.stringify(text)}: platform specifier component must match "^[A-Za-z0-9_.-]+$"`);
  if (parts.length > 3) throw refused(`${JSON.stringify(text)}: cannot parse platform specifier`);
  const [first = '', second, third] = parts.map((part) => part.toLowerCase());
  if (second !== undefined) return normalized({ os: first, architecture: second, ...(third === undefined ? {} : { variant: third }) });
  if (systems.includes(first)) return { ...host, os: first };
  const alone = normalized({ os: 'linux', architecture: first });
  if (!processors.includes(alone.architecture)) throw refused(`${JSON.stringify(text)}: unknown operating system or architecture`);
  return alone;
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
