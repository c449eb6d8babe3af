import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createLog } from '../base/log.ts';
import { joinOwnCgroup } from '../host/cgroups-own.ts';
import { becomeSubreaper } from '../host/processes.ts';
import { takeLockFile } from '../host/processes-lock.ts';
import { returnMemoryWhenResting } from '../host/return-memory.ts';
import { lockPath } from '../runtime/monitor/paths.ts';
import { serve } from '../runtime/monitor/server.ts';

/** `monitor <run directory>`: started by the runtime client, ends by itself. Its standard error is its log. */
const run = process.argv[2];
if (run === undefined) {
  process.stderr.write('usage: monitor <run directory>\n');
  process.exit(64);
}
mkdirSync(run, { recursive: true, mode: 0o700 });
// Held until the process ends; whoever comes second leaves to the first.
if (takeLockFile(lockPath(run)) !== undefined) {
  writeFileSync(lockPath(run), `${process.pid}\n`);
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'] as const) process.on(signal, () => undefined);
  becomeSubreaper();
  returnMemoryWhenResting();
  const leave = joinOwnCgroup(`/gantry-monitor-${createHash('sha256').update(run).digest('hex').slice(0, 12)}`);
  await serve({
    run,
    log: createLog({ format: 'text', level: 'info', write: (line) => process.stderr.write(line) }),
    finished: () => {
      leave();
      process.exit(0);
    },
  });
}
