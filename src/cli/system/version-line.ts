import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';

/** The version in package.json, which lies above both `src/` and `dist/`. */
export function clientVersion(): string {
  const require = createRequire(import.meta.url);
  for (const up of ['../package.json', '../../../package.json']) {
    const url = new URL(up, import.meta.url);
    if (existsSync(url)) return (require(url.pathname) as { version: string }).version;
  }
  return 'unknown';
}

export function versionLine(): string {
  return `Gantry version ${clientVersion()}`;
}
