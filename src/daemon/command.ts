import { createLog, type Log } from '../base/log.ts';
import { isGantryError, messageOf } from '../base/errors.ts';
import { returnMemoryWhenResting } from '../host/return-memory.ts';
import { createDaemon } from './create-daemon.ts';
import { readConfig, usage, type DaemonConfig } from './config.ts';
import { notifyService } from './notify.ts';

/** `gantry daemon`: runs until SIGTERM or SIGINT. @returns the exit code */
export async function run(argv: string[]): Promise<number> {
  let config: DaemonConfig | 'help';
  try {
    config = readConfig(argv);
  } catch (error) {
    return refuse(error);
  }
  if (config === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const log = createLog({ format: config.logFormat, level: config.logLevel, write: (line) => process.stderr.write(line) });
  const asked = stopAsked(log);
  try {
    const daemon = await createDaemon(config, log);
    log.info('ready', { hosts: config.hosts, root: config.root, instance: daemon.instanceId });
    notifyService('READY=1', log);
    returnMemoryWhenResting();
    const signal = await asked;
    log.info('shutting down: containers keep running', { signal });
    notifyService('STOPPING=1', log);
    await daemon.close();
    log.info('ended');
    return 0;
  } catch (error) {
    return refuse(error);
  }
}

function stopAsked(log: Log): Promise<NodeJS.Signals> {
  // A client that goes away must not end the daemon; neither must a terminal that closes.
  process.on('SIGPIPE', () => undefined);
  process.on('SIGHUP', () => log.info('SIGHUP: settings are read at the start only'));
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
}

function refuse(error: unknown): number {
  process.stderr.write(`gantry daemon: ${messageOf(error)}\n`);
  if (isGantryError(error) && error.hint !== undefined) process.stderr.write(`${error.hint}\n`);
  else if (!isGantryError(error) && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return 1;
}
