import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { errnoOf } from '../../../src/base/errors.ts';
import { startDaemonIn, type TestDaemon } from '../../support/daemon.ts';

/**
 * A machine whose power can be cut: the daemon's root lies on a disk of its own, a file, and all its processes and mounts are in namespaces that go with their first process.
 * What the kernel has not written to the disk when the power goes is lost, as on a real machine: pages of files, and names in folders.
 */
export class Machine {
  readonly daemon: TestDaemon;
  readonly #disk: string;
  readonly #bootId: string;

  private constructor(daemon: TestDaemon, disk: string, bootId: string) {
    this.daemon = daemon;
    this.#disk = disk;
    this.#bootId = bootId;
  }

  static async boot({ diskBytes, filesystem = 'ext4' }: { diskBytes: number; filesystem?: string }): Promise<Machine> {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-test-'));
    const [disk, bootId] = [join(folder, 'disk'), join(folder, 'boot-id')];
    mkdirSync(join(folder, 'root'));
    writeFileSync(disk, '');
    run('truncate', '-s', String(diskBytes), disk);
    run(`mkfs.${filesystem}`, '-q', disk);
    writeFileSync(bootId, `${randomUUID()}\n`);
    // Nothing is written by the clock: only what the engine asks to be on disk is there.
    const script = [
      `mount -o loop${filesystem === 'ext4' ? ',commit=300' : ''} "$0/disk" "$0/root"`,
      'mount --bind "$0/boot-id" /proc/sys/kernel/random/boot_id',
      'exec "$@"',
    ].join(' && ');
    const daemon = await startDaemonIn(folder, { within: ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private', 'sh', '-c', script, folder] });
    return new Machine(daemon, disk, bootId);
  }

  /** Keeps the disk as it is at this moment, as `cutPower` will find it. */
  async photograph(): Promise<void> {
    const { enginePid } = this.daemon;
    process.kill(enginePid, 'SIGSTOP');
    // A thread that waits for the disk stops behind that: a copy made meanwhile would have a later block without an earlier one.
    while (!threadStatesOf(enginePid).every((state) => state === 'T')) await setTimeout(5);
    run('cp', '--sparse=always', this.#disk, `${this.#disk}-then`);
    process.kill(enginePid, 'SIGCONT');
  }

  /** The power goes at the moment of the photograph, and comes back: another boot, with that disk. */
  async cutPower(): Promise<void> {
    const { enginePid } = this.daemon;
    await this.daemon.crash();
    // As the first process of its namespace it ends behind all others, which write into their folders until then.
    while (threadStatesOf(enginePid).some((state) => state !== 'Z')) await setTimeout(5);
    renameSync(`${this.#disk}-then`, this.#disk);
    rmSync(this.daemon.runFolder, { recursive: true, force: true });
    writeFileSync(this.#bootId, `${randomUUID()}\n`);
    await this.daemon.start();
  }
}

/** One letter each, none when it is gone: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function threadStatesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => /^\d+ \(.*\) (\w)/s.exec(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))?.[1] ?? '');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errnoOf(error) ?? '')) return existsSync(`/proc/${pid}`) ? threadStatesOf(pid) : [];
    throw error;
  }
}

function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}
