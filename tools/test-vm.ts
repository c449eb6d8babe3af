/**
 * `npm run test:vm [-- folder or file…]`: boots a small Debian (systemd, cgroup v2 alone, its own kernel) in qemu without hardware help
 * and runs test files inside, by default those of `suites`. `--smoke` runs two of them in a smaller machine. The console's last words
 * decide: `vm: exit code 0`. `--seconds=N` is all the time there is. Exit code 75: it could not be tried, and a line `vm: not tried: …` says why.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { baseDisk, projectDisk } from './vm/disks.ts';
import { MirrorFailure } from './vm/mirror.ts';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(repository, '.cache/vm');
const suites = ['tests/integration', 'tests/api', 'tests/conformance'];
const smoke = ['tests/integration/vm/host.test.ts', 'tests/integration/containers/isolation.test.ts'];
/** Longer than a test file inside may take: who says nothing for so long hangs. */
const silenceMs = 35 * 60_000;
/** Two files, of which each says when it is over. */
const smokeSilenceMs = 5 * 60_000;
/** EX_TEMPFAIL. */
const notTried = 75;

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { smoke: { type: 'boolean', default: false }, seconds: { type: 'string' } } });
process.exitCode = await main().catch((error: unknown) => {
  if (!(error instanceof MirrorFailure)) throw error;
  console.log(`vm: not tried: ${error.message}`);
  return notTried;
});

async function main(): Promise<number> {
  mkdirSync(cache, { recursive: true });
  const files = options.smoke ? smoke : filesOf(positionals.length > 0 ? positionals : suites);
  const boot = baseDisk(repository, cache, { peers: !options.smoke });
  const disk = projectDisk(repository, cache, files);
  const startedAt = performance.now();
  console.log(`vm: booting for ${files.length} test files`);
  // With a thread for each emulated processor QEMU 7.2 runs what V8 has just compiled wrongly at times: Node died of SIGSEGV or a trap in up to one start of
  // six. Whatever ends this process ends the machine. What a newer processor has beside (5-level page tables, SMAP) costs a fifth more to emulate.
  const exitCode = await watch(spawn('setpriv', [
    '--pdeathsig', 'KILL', 'qemu-system-x86_64', '-accel', 'tcg,thread=single', '-cpu', 'Nehalem', '-smp', '2', '-m', '3072', '-nographic', '-no-reboot', '-nic', 'none',
    '-kernel', boot.kernel, '-initrd', boot.initrd,
    '-append', 'root=/dev/vda rw console=ttyS0 quiet mitigations=off tsc=reliable systemd.show_status=no net.ifnames=0 systemd.mask=serial-getty@ttyS0.service',
    '-drive', `file=${boot.rootDisk},if=virtio,format=raw,snapshot=on`,
    '-drive', 'file=/proc/self/fd/3,if=virtio,format=raw,snapshot=on',
  ], { stdio: ['ignore', 'pipe', 'inherit', disk] }));
  console.log(`vm: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  return exitCode;
}

function filesOf(wanted: string[]): string[] {
  const files = wanted.flatMap((each) => (each.endsWith('.ts') ? [each] : globSync(`${each}/**/*.test.ts`, { cwd: repository }).sort()));
  if (files.length === 0) throw new Error(`no test files in ${wanted.join(', ')}`);
  return files;
}

/** Shows the console and reads the verdict from it. A machine that never says one has failed; one that still talks when all time is over has not. */
async function watch(machine: ReturnType<typeof spawn>): Promise<number> {
  let failure = 'the machine ended without a verdict';
  machine.once('error', (error) => { failure = error.message; });
  const end = (): void => void machine.kill('SIGKILL');
  process.once('exit', end);
  const patienceMs = options.smoke ? smokeSilenceMs : silenceMs;
  const timer = setTimeout(() => {
    failure = `the machine said nothing for ${patienceMs / 60_000} minutes`;
    end();
  }, patienceMs);
  let isCut = false;
  const limit = options.seconds === undefined ? undefined : setTimeout(() => {
    failure = `not tried: it was not over when its ${options.seconds} seconds were`;
    isCut = true;
    end();
  }, Number(options.seconds) * 1000 - performance.now());
  let verdict: number | undefined;
  for await (const line of createInterface({ input: machine.stdout! })) {
    timer.refresh();
    console.log(line);
    const said = /^vm: exit code (\d+)/.exec(line.trim());
    if (said !== null) verdict = Number(said[1]);
  }
  clearTimeout(timer);
  clearTimeout(limit);
  process.off('exit', end);
  if (verdict === undefined) console.log(`vm: ${failure}`);
  return verdict ?? (isCut ? notTried : 1);
}
