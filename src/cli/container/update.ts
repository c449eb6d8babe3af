import { GantryError } from '../../base/errors.ts';
import { atLeast, define } from '../command.ts';
import { each, segment } from '../each.ts';
import { text } from '../grammar/flag.ts';
import { bytes, decimalCpus, int, uint } from '../grammar/numbers.ts';
import { parseRestartPolicy } from './body/restart-policy.ts';

export const command = define({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags: {
    'blkio-weight': uint('Block IO (relative weight), between 10 and 1000, or 0 to disable', { bits: 16, shown: '0' }),
    'cpu-period': int('Limit CPU CFS (Completely Fair Scheduler) period'),
    'cpu-quota': int('Limit CPU CFS (Completely Fair Scheduler) quota'),
    'cpu-rt-period': int('Limit the CPU real-time period in microseconds'),
    'cpu-rt-runtime': int('Limit the CPU real-time runtime in microseconds'),
    'cpu-shares': int('CPU shares (relative weight)', { short: 'c' }),
    cpus: decimalCpus('Number of CPUs'),
    'cpuset-cpus': text('CPUs in which to allow execution (0-3, 0,1)'),
    'cpuset-mems': text('MEMs in which to allow execution (0-3, 0,1)'),
    'kernel-memory': bytes('Kernel memory limit', { hidden: true }),
    memory: bytes('Memory limit', { short: 'm' }),
    'memory-reservation': bytes('Memory soft limit'),
    'memory-swap': bytes('Swap limit equal to memory plus swap: -1 to enable unlimited swap', { minusOne: true }),
    'pids-limit': int('Tune container pids limit (set -1 for unlimited)'),
    restart: text('Restart policy to apply when a container exits'),
  },
  arity: atLeast(1),
  names: 'container',
  examples: [['More memory for a running container', 'gantry update -m 1g --memory-swap 1g db']],
  async run({ context, flags, given, args }) {
    if (given.size === 0) throw new GantryError('invalid', 'you must provide one or more flags when using this command');
    const json = {
      BlkioWeight: flags['blkio-weight'], CpuShares: flags['cpu-shares'], NanoCpus: flags.cpus, CpuPeriod: flags['cpu-period'], CpuQuota: flags['cpu-quota'],
      CpuRealtimePeriod: flags['cpu-rt-period'], CpuRealtimeRuntime: flags['cpu-rt-runtime'], CpusetCpus: flags['cpuset-cpus'], CpusetMems: flags['cpuset-mems'],
      ...(flags['kernel-memory'] === 0 ? {} : { KernelMemory: flags['kernel-memory'] }), Memory: flags.memory, MemoryReservation: flags['memory-reservation'], MemorySwap: flags['memory-swap'],
      ...(given.has('pids-limit') ? { PidsLimit: flags['pids-limit'] } : {}),
      RestartPolicy: parseRestartPolicy(flags.restart),
    };
    const warnings: string[] = [];
    try {
      await each(context, args, async (name) => {
        const answer = await context.api.json<{ Warnings?: string[] | null } | undefined>({ method: 'POST', path: `/containers/${segment(name)}/update`, json });
        warnings.push(...answer?.Warnings ?? []);
        return name;
      });
    } finally {
      // Where docker's client writes them.
      for (const warning of warnings) context.print(warning);
    }
  },
});
