import { PassThrough, Duplex } from 'node:stream';
import { GantryError } from '../../base/errors.ts';
import type { LogEnd } from '../../runtime/driver/runtime.ts';
import type { ContainerDeps } from './deps.ts';
import { checkReadable, logs } from './logs.ts';
import { publishEvent } from './publish-event.ts';
import { isAlive } from './transition.ts';
import type { Attached, AttachOptions } from './verbs.ts';

/**
 * The container's streams: what was written so far when `logs`, then what comes when `stream`. May come before the start, so that nothing of a
 * run is missed. Who asks for none of them, or for a stdin that is closed alone, waits for nothing.
 */
export async function attach(deps: ContainerDeps, container: string, options: AttachOptions): Promise<Attached> {
  const record = deps.catalog.find(container);
  if (record.state.status === 'paused') throw new GantryError('conflict', `container ${container} is paused, unpause the container before attach`);
  if (record.state.status === 'restarting') throw new GantryError('conflict', `container ${container} is restarting, wait until the container is running`);
  if (options.logs) checkReadable(record);
  const tty = record.config.tty ?? false;
  publishEvent(deps.events, record, 'attach');
  // The live half is opened first, and says where the log ended then: between the two nothing comes twice, and nothing is lost.
  const stdin = options.stdin && (record.config.openStdin ?? false);
  const output = options.stdout || options.stderr;
  const mayLive = options.stream && (stdin || output) && (isAlive(record.state) || record.state.status === 'created' || record.state.status === 'exited' || record.state.status === 'starting');
  const live = mayLive
    ? await deps.runtime.attach({ id: record.id }, { stdin, stdout: options.stdout, stderr: options.stderr, tty, ...(options.logs ? { log: record.logPath } : {}) })
    : undefined;
  // Its run has ended, and we have not heard of it yet: who attaches to a run does not wait for the next one.
  const isOver = live?.waits === true && isAlive(record.state);
  if (isOver) live.stream.destroy();
  const stream = isOver ? undefined : live?.stream;
  const detached = (): void => publishEvent(deps.events, record, 'detach');
  if (!options.logs || !output) return { tty: live?.tty ?? tty, stream: stream ?? ended(), detached };
  const past = await pastOf(deps, record.id, options, live?.logEnd).catch((error: unknown) => {
    stream?.destroy();
    throw error;
  });
  return { tty, stream: pastThenLive(past.frames, stream), detached };
}

/** What was written before the live stream began. */
function pastOf(deps: ContainerDeps, id: string, options: AttachOptions, end: LogEnd | undefined): ReturnType<typeof logs> {
  return logs(deps, id, {
    follow: false, stdout: options.stdout, stderr: options.stderr, timestamps: false, details: false, since: undefined, until: undefined, tail: undefined,
    abort: new AbortController().signal, ...(end === undefined ? {} : { end }),
  });
}

function ended(): Duplex {
  const stream = new PassThrough();
  stream.end();
  return stream;
}

function pastThenLive(past: AsyncIterable<Buffer>, live: Duplex | undefined): Duplex {
  const joined = async function* (): AsyncIterable<Buffer> {
    yield* past;
    if (live !== undefined) yield* live as AsyncIterable<Buffer>;
  };
  return Duplex.from({ readable: joined(), ...(live === undefined ? {} : { writable: live }) });
}
