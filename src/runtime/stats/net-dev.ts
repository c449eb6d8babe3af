/** Counters of one interface since it was made. */
export interface InterfaceCounters {
  receivedBytes: number;
  receivedPackets: number;
  receiveErrors: number;
  receiveDropped: number;
  sentBytes: number;
  sentPackets: number;
  sendErrors: number;
  sendDropped: number;
}

/** Reads the text of `/proc/<pid>/net/dev`, by interface name; the loopback is left out, as Docker leaves it out. */
export function parseNetDev(text: string): Record<string, InterfaceCounters> {
  return Object.fromEntries(text.split('\n').flatMap((line) => {
    const [, name, numbers] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || numbers === undefined || name === 'lo') return [];
    const [receivedBytes = 0, receivedPackets = 0, receiveErrors = 0, receiveDropped = 0, , , , , sentBytes = 0, sentPackets = 0, sendErrors = 0, sendDropped = 0] = numbers.trim().split(/\s+/).map(Number);
    return [[name, { receivedBytes, receivedPackets, receiveErrors, receiveDropped, sentBytes, sentPackets, sendErrors, sendDropped }]];
  }));
}
