import { hostArchitecture } from '../../../host/architecture.ts';
import type { VersionInfo } from '../../../engine/system/verbs.ts';
import { maxApiVersion, minApiVersion } from '../../types/version.ts';

/** `GET /version`: the engine first among its components, as Docker's clients look for it. */
export function versionJson(info: VersionInfo): object {
  const arch = hostArchitecture();
  const engine = {
    Name: 'Engine',
    Version: info.version,
    Details: {
      ApiVersion: maxApiVersion, Arch: arch, BuildTime: info.buildTime, Experimental: 'false', GitCommit: info.gitCommit,
      GoVersion: '', KernelVersion: info.kernel, MinAPIVersion: minApiVersion, Os: 'linux',
    },
  };
  const parts = info.components.map(({ name, version, details }) => ({ Name: name, Version: version, Details: details }));
  return {
    Platform: { Name: 'Gantry' },
    Components: [engine, ...parts],
    Version: info.version,
    ApiVersion: maxApiVersion,
    MinAPIVersion: minApiVersion,
    GitCommit: info.gitCommit,
    GoVersion: '',
    Os: 'linux',
    Arch: arch,
    KernelVersion: info.kernel,
    BuildTime: info.buildTime,
  };
}
