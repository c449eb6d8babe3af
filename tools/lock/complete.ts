/** A package-lock.json of version 3, as far as it matters here. */
export interface Lock { packages: Record<string, LockEntry> }

interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  optionalDependencies?: Record<string, string>;
  /** The Node.js that a package asks for. */
  engines?: Record<string, string>;
}

/** The lock with all that `npm ci` needs, whichever Node.js it runs on. */
export function complete(lock: Lock): Lock {
  const packages = Object.entries({ ...lock.packages, ...missingOptionals(lock) }).map(([path, entry]) => [path, forAnyNode(entry)] as const);
  return { ...lock, packages: Object.fromEntries(packages.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/**
 * npm leaves out an optional package that asks for a newer Node.js than npm itself runs on, in silence. Prebuilt parts run on the pinned one, which is
 * among the packages: what they ask for says nothing.
 */
function forAnyNode(entry: LockEntry): LockEntry {
  if (entry.optional !== true || entry.os === undefined) return entry;
  const { engines: _, ...rest } = entry;
  return rest;
}

/**
 * Optional dependencies that the lock does not hold: prebuilt parts for other platforms that the registry did not have when the lock was
 * written. `npm ci` refuses such a lock, although it would never install them here.
 */
function missingOptionals(lock: Lock): Record<string, LockEntry> {
  const missing: Record<string, LockEntry> = {};
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const held = [`${path}/node_modules/${name}`, `node_modules/${name}`].some((place) => place in lock.packages);
      const platform = platformOf(name);
      if (held || platform === undefined) continue;
      missing[`node_modules/${name}`] = { version, ...platform, ...(entry.dev === true ? { dev: true } : {}), optional: true };
    }
  }
  return missing;
}

/** `@oxlint/binding-linux-arm-musleabihf` is for linux on arm. Undefined when the name tells no platform. */
function platformOf(name: string): { cpu: string[]; os: string[] } | undefined {
  const match = /[-/](aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-([a-z0-9]+)(?:-[a-z]+)?$/.exec(name);
  return match === null ? undefined : { cpu: [match[2] ?? ''], os: [match[1] ?? ''] };
}
