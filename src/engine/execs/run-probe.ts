import { longestTimerMs } from '../../base/clock.ts';
import type { Runtime } from '../../runtime/driver/runtime.ts';
import { SIGKILL } from '../containers/signals.ts';
import type { Execs } from './execs.ts';

const keptOutputBytes = 4096;
const frameHeaderBytes = 8;

/** Runs a health check in a container and collects the beginning of what it says. Killed after the timeout, with exit code -1. */
export async function runProbe(
  { execs, runtime }: { execs: Execs; runtime: Pick<Runtime, 'signal'> },
  { containerId, command, timeoutMs }: { containerId: string; command: string[]; timeoutMs: number },
): Promise<{ exitCode: number; output: string }> {
  const { id } = await execs.create(containerId, {
    cmd: command, env: [], user: '', workingDir: '', privileged: false, tty: false, attachStdin: false, attachStdout: true, attachStderr: true, detachKeys: '',
  });
  const attachment = await execs.start(id, { detach: false });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    runtime.signal({ id: containerId, execId: id }, SIGKILL).catch(() => attachment?.stream.destroy());
  }, Math.min(timeoutMs, longestTimerMs));
  try {
    const output = attachment === undefined ? '' : await collect(attachment.stream);
    if (late) return { exitCode: -1, output: `Health check exceeded timeout (${timeoutMs}ms): ${output}` };
    return { exitCode: execs.inspect(id).exitCode ?? -1, output };
  } finally {
    clearTimeout(timer);
  }
}

/** The text in 8-byte frames, up to what is kept, and three dots for the rest, which is read and dropped, so that the check does not block. */
async function collect(stream: AsyncIterable<Buffer>): Promise<string> {
  let pending = Buffer.alloc(0);
  let text = Buffer.alloc(0);
  for await (const chunk of stream) {
    if (text.length > keptOutputBytes) continue;
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= frameHeaderBytes) {
      const end = frameHeaderBytes + pending.readUInt32BE(4);
      if (pending.length < end) break;
      text = Buffer.concat([text, pending.subarray(frameHeaderBytes, end)]);
      pending = pending.subarray(end);
    }
  }
  return text.length > keptOutputBytes ? `${text.toString('utf8', 0, keptOutputBytes)}...` : text.toString('utf8');
}
