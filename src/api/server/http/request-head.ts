import type { IncomingMessage } from 'node:http';
import { GantryError } from '../../../base/errors.ts';

/**
 * Refuses what Node's parser lets through and no client sends: a request of before HTTP/1.0, and one that names several hosts, of which whoever
 * passed it on may have believed another than we do. @throws invalid
 */
export function checkHead({ httpVersionMajor, rawHeaders }: Pick<IncomingMessage, 'httpVersionMajor' | 'rawHeaders'>): void {
  if (httpVersionMajor < 1) throw new GantryError('invalid', 'malformed HTTP request');
  const hosts = rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
  if (hosts.length > 1) throw new GantryError('invalid', 'too many Host headers');
}
