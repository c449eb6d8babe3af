import { protocolNumber } from '../internet-protocols.ts';
import { flag, nested, readAttributes, type Message } from './attributes.ts';
import { netfilterMessage, protocolFamily } from './netfilter-message.ts';
import type { NetlinkRequest } from './requests.ts';
import { NetlinkSocket } from './socket.ts';

/** Source: linux/netfilter/nfnetlink_conntrack.h. */
const subsystem = 1;

/** The flows that the kernel tracks, in the network namespace in which it is opened. */
export class ConntrackSocket extends NetlinkSocket {
  constructor() {
    super('netfilter');
  }

  /**
   * Forgets the UDP flows to these ports of the host: the kernel translates the first packet of a flow only, so one that began before a port
   * was published, or when it led elsewhere, would go on as it was.
   */
  forgetUdpFlows(ports: ReadonlySet<number>, ipv6: boolean): void {
    if (ports.size === 0) return;
    const [get, remove] = [1, 2];
    const flows = this.dump({ bytes: flowMessage(get, flag.request | flag.dump, ipv6), what: 'list flows' });
    const stale = flows.map(originOf).filter(({ protocol, port }) => protocol === protocolNumber.udp && ports.has(port));
    const requests = stale.map(({ tuple }): NetlinkRequest => (
      { bytes: flowMessage(remove, flag.request | flag.ack, ipv6, nested(conntrack.origin, tuple)), what: 'forget a flow' }
    ));
    // A flow may end by itself meanwhile.
    for (const failure of requests.length === 0 ? [] : this.tryAll(requests)) if (failure !== undefined && failure.code !== 'ENOENT') throw failure;
  }
}

const conntrack = { origin: 1, protocolPart: 2, protocolNumber: 1, destinationPort: 3 } as const;

/** Of the packet that began the flow: what identifies it, and where it went. */
function originOf({ body }: Message): { tuple: Buffer; protocol: number; port: number } {
  const tuple = readAttributes(body.subarray(4)).get(conntrack.origin) ?? Buffer.alloc(0);
  const part = readAttributes(readAttributes(tuple).get(conntrack.protocolPart) ?? Buffer.alloc(0));
  return { tuple, protocol: part.get(conntrack.protocolNumber)?.[0] ?? 0, port: part.get(conntrack.destinationPort)?.readUInt16BE(0) ?? 0 };
}

function flowMessage(kind: number, flags: number, ipv6: boolean, ...attributes: Buffer[]): Buffer {
  return netfilterMessage({ subsystem, kind, family: ipv6 ? protocolFamily.ipv6 : protocolFamily.ipv4, flags }, ...attributes);
}
