import { versionLine } from '../base/build.ts';
import { createLog } from '../base/log.ts';
import { GantryError, errnoOf, isGantryError, messageOf } from '../base/errors.ts';
import { returnMemoryWhenResting } from '../host/return-memory.ts';
import { createDaemon } from './create-daemon.ts';
import { readConfig, usage, type DaemonConfig } from './config.ts';
import { readSeccompProfile } from './container-settings.ts';
import { chooseRuntime, findRuntimes, missingRuntimes } from './find-runtimes.ts';
import { readHostFacts } from './host-facts.ts';
import { readTls } from './listen.ts';
import { notifyService } from './notify.ts';
import { writePidFile } from './pid-file.ts';
import { version } from './version.ts';

/** `gantry daemon`: runs until SIGTERM or SIGINT. @returns the exit code */
export async function run(argv: string[]): Promise<number> {
  try {
    const config = readConfig(argv);
    if (config === 'help') process.stdout.write(usage);
    else if (config === 'version') process.stdout.write(`${versionLine(version)}\n`);
    else if (config.validate) validate(config);
    else await serve(config, argv);
    return 0;
  } catch (error) {
    return refuse(error);
  }
}

/** What can be wrong without a daemon: also the files that settings name. @throws invalid */
function validate(config: DaemonConfig): void {
  if (config.tls !== undefined) readTls(config.tls);
  const runtimes = findRuntimes(config);
  const runtimeName = chooseRuntime(config, runtimes);
  const [missing] = missingRuntimes(runtimes);
  if (missing !== undefined) throw new GantryError('invalid', `the runtime ${missing} is not at ${runtimes[missing]!.path}`);
  readSeccompProfile(config.containers, readHostFacts({ runtimeName, initPath: config.initPath }));
  process.stderr.write('configuration OK\n');
}

async function serve(config: DaemonConfig, argv: string[]): Promise<void> {
  if (process.geteuid?.() !== 0) {
    throw new GantryError('forbidden', 'needs to be started with root privileges', { hint: "Run it with sudo, or let systemd run it: sudo gantry setup --service" });
  }
  // Root filesystems, volumes and files of /etc are for the users in containers, whatever whoever starts the daemon keeps from others.
  process.umask(0o022);
  let level = config.logLevel;
  const log = createLog({ format: config.logFormat, get level() { return level; }, write: (line) => process.stderr.write(line) });
  const asked = askedBySignals();
  using _pidFile = config.pidFile === undefined ? undefined : writePidFile(config.pidFile);
  const daemon = await createDaemon(config, log);
  log.info('ready', { hosts: config.hosts, root: config.root, instance: daemon.instanceId });
  const reload = (): void => {
    try {
      const next = readConfig(argv) as DaemonConfig;
      const restart = daemon.reload(next);
      level = next.logLevel;
      log.info('settings read again', restart.length === 0 ? {} : { takesRestart: restart });
    } catch (error) {
      // Wrong settings end no daemon that runs: it goes on as it is.
      log.error('settings stay as they are', { error: messageOf(error) });
    }
  };
  process.on('SIGHUP', reload);
  // The settings may have changed after they were read.
  if (asked.isReloadAsked()) reload();
  notifyService('READY=1', log);
  returnMemoryWhenResting();
  const signal = await asked.stop;
  log.info('shutting down: containers keep running', { signal });
  notifyService('STOPPING=1', log);
  await daemon.close();
  log.info('ended');
}

interface Asked { stop: Promise<NodeJS.Signals>; isReloadAsked: () => boolean }

function askedBySignals(): Asked {
  // A client that goes away must not end the daemon; neither must a terminal that closes, or a SIGHUP before there is anything to tell it.
  process.on('SIGPIPE', () => undefined);
  let isReloadAsked = false;
  process.on('SIGHUP', () => { isReloadAsked = true; });
  const stop = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
  return { stop, isReloadAsked: () => isReloadAsked };
}

function refuse(error: unknown): number {
  process.stderr.write(`gantry daemon: ${messageOf(error)}\n`);
  if (isGantryError(error)) process.stderr.write(error.hint === undefined ? '' : `${error.hint}\n`);
  // What the host refuses says enough; anything else is a fault of ours.
  else if (errnoOf(error) === undefined && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return 1;
}
