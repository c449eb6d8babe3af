import { runProgram } from '../host/run-program.ts';
import type { VersionInfo } from '../engine/system/verbs.ts';
import manifest from '../../package.json' with { type: 'json' };
import { build } from '../base/build.ts';

export const version: string = manifest.version;

/** What the engine is made of. Asks the OCI runtime for its version, once. */
export async function versionParts(runtimePath: string): Promise<Pick<VersionInfo, 'version' | 'components' | 'buildTime' | 'gitCommit'>> {
  const { stdout } = await runProgram(runtimePath, ['--version'], { timeoutMs: 5000 });
  const [, name = 'runtime', number = 'unknown'] = /^(\S+) version (\S+)/.exec(stdout) ?? [];
  return {
    version, buildTime: build.time, gitCommit: build.gitCommit,
    components: [
      { name, version: number, details: {} },
      { name: 'node', version: process.versions.node, details: {} },
    ],
  };
}
