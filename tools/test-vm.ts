/**
 * `npm run test:vm [-- suite…]`: boots a small Debian (systemd, cgroup v2 alone, its own kernel) in qemu without hardware help
 * and runs the integration suites inside. The console's last words decide: `vm: exit code 0`.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { baseDisk, projectDisk } from './vm/disks.ts';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(repository, '.cache/vm');
const limitMs = 30 * 60_000;

process.exitCode = await main(process.argv.slice(2));

async function main(wanted: string[]): Promise<number> {
  mkdirSync(cache, { recursive: true });
  const suites = wanted.length > 0 ? wanted : globSync('tests/integration/**/*.test.ts', { cwd: repository }).sort();
  const boot = baseDisk(repository, cache);
  const disk = projectDisk(repository, cache, suites);
  console.log(`vm: booting for ${suites.length} test files`);
  return await watch(spawn('qemu-system-x86_64', [
    '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '3072', '-nographic', '-no-reboot', '-nic', 'none',
    '-kernel', boot.kernel, '-initrd', boot.initrd,
    '-append', 'root=/dev/vda rw console=ttyS0 quiet systemd.show_status=no net.ifnames=0 systemd.mask=serial-getty@ttyS0.service',
    '-drive', `file=${boot.rootDisk},if=virtio,format=raw,snapshot=on`,
    '-drive', `file=${disk},if=virtio,format=raw,snapshot=on`,
  ], { stdio: ['ignore', 'pipe', 'inherit'] }));
}

/** Shows the console and reads the verdict from it. A machine that never says one has failed. */
async function watch(machine: ReturnType<typeof spawn>): Promise<number> {
  const timer = setTimeout(() => machine.kill('SIGKILL'), limitMs);
  let verdict: number | undefined;
  for await (const line of createInterface({ input: machine.stdout! })) {
    console.log(line);
    const said = /^vm: exit code (\d+)/.exec(line.trim());
    if (said !== null) verdict = Number(said[1]);
  }
  clearTimeout(timer);
  if (verdict === undefined) console.log('vm: the machine ended without a verdict');
  return verdict ?? 1;
}
