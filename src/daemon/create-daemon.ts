import { longestTimerMs } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Services } from '../api/server/services.ts';
import { assemble } from './assemble.ts';
import type { DaemonConfig } from './config.ts';
import { listen, readTls, type Listener } from './listen.ts';

export interface Daemon {
  services: Services;
  instanceId: string;
  listeners: Listener[];
  /** The engine's. */
  reload(config: DaemonConfig): string[];
  /** Stops serving and gives back all that does not belong to running containers. */
  close(): Promise<void>;
}

/** A whole daemon in this process: engine, API, listeners. It answers when this resolves, with everything restored. */
export async function createDaemon(config: DaemonConfig, log: Log): Promise<Daemon> {
  // Before anything starts: a wrong file must not stop containers from coming back, and then the daemon.
  const tls = config.tls === undefined ? undefined : readTls(config.tls);
  await using opened = new AsyncDisposableStack();
  const engine = opened.adopt(await assemble(config, log), (each) => each.close());
  const listeners: Listener[] = [];
  for (const address of config.addresses) {
    const listener = opened.adopt(await listen(address, { group: config.group, tls }, log), (each) => each.close());
    listeners.push(listener);
    engine.api.serve(listener.server, { kind: listener.kind });
  }
  opened.move();
  let { shutdownTimeoutSeconds } = config;
  return {
    services: engine.services,
    instanceId: engine.instanceId,
    listeners,
    reload: (next) => {
      const restart = engine.reload(next);
      ({ shutdownTimeoutSeconds } = next);
      return restart;
    },
    async close() {
      const closing = listeners.map((listener) => listener.close());
      await engine.api.close(Math.min(shutdownTimeoutSeconds * 1000, longestTimerMs));
      await Promise.all(closing);
      await engine.close();
    },
  };
}
