import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { sendDatagram } from '../host/send-datagram.ts';

/** Tells systemd (`Type=notify`) how the daemon is; does nothing elsewhere. Source: sd_notify(3). */
export function notifyService(state: 'READY=1' | 'STOPPING=1', log: Log, path = process.env['NOTIFY_SOCKET']): void {
  if (path === undefined || path === '') return;
  try {
    sendDatagram(path, state);
  } catch (error) {
    log.warn('the service manager cannot be told', { state, error: messageOf(error) });
  }
}
