import type { Duplex } from 'node:stream';
import { isHungUp } from '../../../host/hung-up.ts';

const betweenLooksMs = 5_000;

/**
 * Lets go of a client that has left. One that closes its connection and one that only ends its half look alike until something is
 * written to them, and a container may be silent for ever: so once a client has ended, its socket is looked at. What it has sent arrives first.
 */
export function leaveWithClient(client: Duplex, hasArrived: () => boolean): void {
  const look = (): void => {
    const fd = descriptorOf(client);
    if (fd !== undefined && isHungUp(fd) && hasArrived()) client.destroy();
  };
  client.once('end', () => {
    // Others hear of the end too, and pass it on.
    setImmediate(look);
    const looks = setInterval(look, betweenLooksMs).unref();
    client.once('close', () => clearInterval(looks));
  });
}

/** Node knows it and does not tell. Undefined for what is no socket of the kernel's, such as TLS. */
function descriptorOf(client: Duplex): number | undefined {
  const { _handle: handle } = client as { _handle?: { fd?: number } | null };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
}
