import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { namedEndpoints, servedSandbox } from './container-names.ts';
import { isLive, type NetworkDeps } from './deps.ts';
import { hostFile, readOptional } from './host-resolver.ts';

const lookMs = 2000;

/**
 * Tells the resolver when the host's name servers change (another Wi-Fi, a VPN): containers that run ask the new ones from then on. Their own files say
 * 127.0.0.11 all along. On the default bridge containers have the host's servers in their file, and get new ones with their next start, as with Docker.
 */
export function followHostResolver(deps: NetworkDeps, log: Log): { close(): void } {
  const follow = (): void => void serveAnew(deps).catch((error: unknown) => log.warn('name servers of the host have changed; some containers ask the old ones', { error: messageOf(error) }));
  let seen = readOptional(hostFile);
  // Node's watchFile() never tells of what changes before its own first look, and that waits for a thread.
  const timer = setInterval(() => {
    const found = readOptional(hostFile);
    if (found === seen) return;
    seen = found;
    follow();
  }, lookMs).unref();
  return { close: () => clearInterval(timer) };
}

async function serveAnew(deps: NetworkDeps): Promise<void> {
  for (const { id } of deps.containers.all()) {
    await deps.locks.run(id, async () => {
      const record = deps.containers.get(id);
      if (record !== undefined && isLive(record) && namedEndpoints(deps, record).length > 0) await deps.resolver.serve(servedSandbox(deps, record));
    });
  }
}
