import type { Row } from '../format/listing.ts';
import { binarySize, decimalSize } from '../format/sizes.ts';
import { idText } from '../format/text.ts';

/** One sample of GET /containers/{id}/stats. Times in nanoseconds, memory in bytes. */
export interface Sample {
  id?: string;
  name?: string;
  cpu_stats?: { cpu_usage?: { total_usage?: number; percpu_usage?: number[] | null }; system_cpu_usage?: number; online_cpus?: number };
  precpu_stats?: Sample['cpu_stats'];
  memory_stats?: { usage?: number; limit?: number; stats?: Record<string, number> | null };
  pids_stats?: { current?: number };
  networks?: Record<string, { rx_bytes?: number; tx_bytes?: number }> | null;
  blkio_stats?: { io_service_bytes_recursive?: { op: string; value: number }[] | null };
}

export const headers = { Container: 'CONTAINER', ID: 'CONTAINER ID', Name: 'NAME', CPUPerc: 'CPU %', MemUsage: 'MEM USAGE / LIMIT', MemPerc: 'MEM %', NetIO: 'NET I/O', BlockIO: 'BLOCK I/O', PIDs: 'PIDS' };
export const columns = '{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}';

/** The row of a sample; without one (the container does not run) every figure is `--`. */
export function statsRow(asked: string, sample: Sample | undefined, whole: boolean): Row {
  if (sample === undefined) return { Container: asked, ID: '--', Name: '--', CPUPerc: '--', MemUsage: '-- / --', MemPerc: '--', NetIO: '--', BlockIO: '--', PIDs: '--' };
  const used = usedMemory(sample);
  const limit = sample.memory_stats?.limit ?? 0;
  const networks = Object.values(sample.networks ?? {});
  const total = (numbers: readonly (number | undefined)[]): string => decimalSize(numbers.reduce<number>((sum, number = 0) => sum + number, 0));
  const blocks = sample.blkio_stats?.io_service_bytes_recursive ?? [];
  const moved = (letter: string): string => total(blocks.filter(({ op }) => op.toLowerCase().startsWith(letter)).map(({ value }) => value));
  return {
    Container: asked, ID: idText(sample.id ?? '', whole), Name: (sample.name ?? '').replace(/^\//, ''),
    CPUPerc: `${cpuPercent(sample).toFixed(2)}%`,
    MemUsage: `${binarySize(used)} / ${binarySize(limit)}`, MemPerc: `${(limit === 0 ? 0 : (used / limit) * 100).toFixed(2)}%`,
    NetIO: `${total(networks.map(({ rx_bytes: bytes }) => bytes))} / ${total(networks.map(({ tx_bytes: bytes }) => bytes))}`,
    BlockIO: `${moved('r')} / ${moved('w')}`, PIDs: String(sample.pids_stats?.current ?? 0),
  };
}

/** Share of one CPU's time between two samples, in percent: 200 is two whole CPUs. */
export function cpuPercent({ cpu_stats: now, precpu_stats: before }: Sample): number {
  const own = (now?.cpu_usage?.total_usage ?? 0) - (before?.cpu_usage?.total_usage ?? 0);
  const whole = (now?.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0);
  const cpus = now?.online_cpus || (now?.cpu_usage?.percpu_usage?.length ?? 1);
  return own > 0 && whole > 0 ? (own / whole) * cpus * 100 : 0;
}

/** Without the page cache that the kernel can take back at once. */
function usedMemory({ memory_stats: memory }: Sample): number {
  const usage = memory?.usage ?? 0;
  const cache = memory?.stats?.['total_inactive_file'] ?? memory?.stats?.['inactive_file'] ?? 0;
  return cache < usage ? usage - cache : usage;
}
