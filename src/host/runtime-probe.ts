import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runProgram } from './run-program.ts';

/**
 * Whether an OCI runtime works on this host: runs `true` in a bundle that is thrown away. Needs root and a static busybox.
 * @returns undefined when it works, else the runtime's own words
 */
export async function probeRuntime(runtime: string, busybox: string): Promise<string | undefined> {
  const bundle = mkdtempSync(join(tmpdir(), 'gantry-probe-'));
  const id = basename(bundle);
  try {
    for (const folder of ['proc', 'dev', 'sys', 'bin']) mkdirSync(join(bundle, 'rootfs', folder), { recursive: true });
    copyFileSync(busybox, join(bundle, 'rootfs/bin/busybox'));
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(probeSpec(id)));
    const { exitCode, stderr } = await runProgram(runtime, ['--root', join(bundle, 'state'), 'run', '--bundle', bundle, id], { timeoutMs: 10_000 });
    if (exitCode === 0) return undefined;
    await runProgram(runtime, ['--root', join(bundle, 'state'), 'delete', '--force', id], { timeoutMs: 10_000 });
    return stderr.trim() || `exit code ${exitCode}`;
  } finally {
    rmSync(bundle, { recursive: true, force: true });
  }
}

function probeSpec(id: string): object {
  return {
    ociVersion: '1.0.2',
    process: { terminal: false, user: { uid: 0, gid: 0 }, args: ['/bin/busybox', 'true'], cwd: '/', env: ['PATH=/bin'], capabilities: {}, noNewPrivileges: true },
    root: { path: 'rootfs', readonly: true },
    hostname: 'probe',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] },
    ],
    linux: {
      cgroupsPath: `/${id}`,
      resources: { pids: { limit: 16 } },
      namespaces: ['pid', 'mount', 'ipc', 'uts', 'network'].map((type) => ({ type })),
    },
  };
}
