import { GantryError } from '../../base/errors.ts';

/** Whether one of the ports, each as `80/tcp`, is meant. */
export type PortFilter = (ports: readonly string[]) => boolean;

/**
 * The filters `publish` and `expose`: `80`, `8000-8010/udp`; what is no protocol of any port matches none.
 * @throws invalid with Docker's sentences
 */
export function portFilter(key: 'publish' | 'expose', text: string): PortFilter {
  if (text.includes(':')) throw new GantryError('invalid', `filter for '${key}' should not contain ':': ${text}`);
  const [range = '', protocol = ''] = text.split('/');
  const refuse = (why: string): never => { throw new GantryError('invalid', `error while looking up for ${key} ${text}: ${why}`); };
  if (range === '') refuse('Empty string specified for ports.');
  const [first = '', last = first] = range.split('-');
  const [from, to] = [first, last].map((number) => {
    if (!/^\d+$/.test(number)) refuse(`strconv.ParseUint: parsing ${JSON.stringify(number)}: invalid syntax`);
    if (Number(number) > 65535) refuse(`strconv.ParseUint: parsing ${JSON.stringify(number)}: value out of range`);
    return Number(number);
  }) as [number, number];
  if (to < from) refuse(`Invalid range specified for the Port: ${range}`);
  return (ports) => ports.some((port) => {
    const [number, itsProtocol] = port.split('/');
    return itsProtocol === (protocol || 'tcp') && Number(number) >= from && Number(number) <= to;
  });
}
