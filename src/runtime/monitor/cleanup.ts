import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMounts, killCgroup, processesIn, removeCgroup, type CgroupMount } from '../../host/cgroups.ts';
import type { InstanceFile } from './instance.ts';
import { runtimeRoot } from './paths.ts';
import type { Reaper } from './reaper.ts';
import { runtimeCommand, spawnRuntime } from './runtime-command.ts';

/** What was killed leaves its control group when it has let go of all it held: on a busy host not at once. */
const patienceMs = 10_000;
const pauseMs = 10;

/** Undoes what the OCI runtime made for a container that has ended: its state directory and its cgroups. */
export class Cleanup {
  readonly #run: string;
  readonly #reaper: Reaper;
  readonly mounts: CgroupMount[];

  constructor(run: string, reaper: Reaper) {
    this.#run = run;
    this.#reaper = reaper;
    this.mounts = cgroupMounts();
  }

  /** Ends processes that outlived the container's first one: they exist only where it shares another pid namespace. */
  killLeftovers(file: InstanceFile): void {
    if (file.cgroupPath !== '' && processesIn(this.mounts, file.cgroupPath).length > 0) killCgroup(this.mounts, file.cgroupPath);
  }

  /** In-process, for a spawn costs more than all of this; the runtime's own `delete` is the last resort. */
  async removeContainer(file: InstanceFile): Promise<void> {
    rmSync(join(runtimeRoot(this.#run, file.runtime), file.target.id), { recursive: true, force: true });
    if (file.cgroupPath === '') return;
    for (const began = performance.now(); !removeCgroup(this.mounts, file.cgroupPath) && performance.now() - began < patienceMs;) {
      killCgroup(this.mounts, file.cgroupPath);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /** After a failed start: the runtime undoes most of it itself. */
  async removeFailed(file: InstanceFile): Promise<void> {
    const state = join(runtimeRoot(this.#run, file.runtime), file.target.id);
    if (existsSync(state)) await this.#runtimeDelete(file);
    await this.removeContainer(file);
  }

  async #runtimeDelete(file: InstanceFile): Promise<void> {
    const { path, global } = runtimeCommand(this.#run, file, '/dev/null');
    const sink = openSync('/dev/null', 'r+');
    const pid = spawnRuntime({ path, args: [...global, 'delete', '--force', file.target.id], env: { PATH: process.env['PATH'] ?? '' }, stdio: [sink, sink, sink] });
    closeSync(sink);
    await this.#reaper.exitOf(pid);
  }
}
