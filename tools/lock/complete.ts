/** A package-lock.json of version 3, as far as it matters here. */
export interface Lock { packages: Record<string, LockEntry> }

interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  optionalDependencies?: Record<string, string>;
}

/**
 * Optional dependencies that the lock does not hold: prebuilt parts for other platforms that the registry did not have when the lock was
 * written. `npm ci` refuses such a lock, although it would never install them here.
 */
export function missingOptionals(lock: Lock): Record<string, LockEntry> {
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
