import { errnoOf } from '../../base/errors.ts';
import { HostError, checked, libc } from '../ffi.ts';
import { settleCarrier } from './carrier.ts';
import { readLink, readLinkAddress, readRoute, type HostRoute, type Link, type LinkAddress } from './answers.ts';
import { flag, readAttributes, readText, splitMessages, type Message } from './attributes.ts';
import { dump, getLink, getRoute, type NetlinkRequest } from './requests.ts';

const socket = libc.func('int socket(int domain, int type, int protocol)');
const close = libc.func('int close(int fd)');
const send = libc.func('intptr_t send(int fd, const void *buffer, size_t length, int flags)');
const recv = libc.func('intptr_t recv(int fd, _Out_ uint8_t *buffer, size_t length, int flags)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');

const netlink = { family: 16, route: 0, netfilter: 12, level: 270, capAck: 10, extAck: 11 } as const;
const socketLevel = { level: 1, sendBufferForce: 32 } as const;
const socketType = { raw: 3, closeOnExec: 0o2000000 } as const;
const answer = { error: 2, done: 3 } as const;
const received = Buffer.alloc(64 * 1024);
/**
 * The kernel answers all that one send holds before it can be asked for the first answer, and drops what its queue for us cannot hold (ENOBUFS): 212,992
 * bytes, which some 250 acknowledgements fill.
 */
const requestsAtOnce = 64;
/** An answer in several parts that something changed meanwhile, and how often it is asked for again: who never finds it at rest takes the last. */
const dumpInterrupted = 0x10;
const maxDumps = 20;

/**
 * A connection to one of the kernel's netlink services, of the network namespace in which it was opened: it stays there
 * whatever the thread does later. Calls are synchronous: the kernel has done the work when `send` returns.
 */
export class NetlinkSocket implements Disposable {
  #fd: number;
  #sequence = 0;
  /** Less than every socket takes: net.core.wmem_default is 212,992. */
  #sendBytes = 64 * 1024;

  /** @param fd a socket that another one released; it is this one's now */
  constructor(service: 'route' | 'netfilter', fd: number = open(netlink[service])) {
    this.#fd = fd;
  }

  /** Sends them together. Each is tried, in order, also after one failed. @throws HostError the first refusal, with the kernel's own words */
  run(...requests: NetlinkRequest[]): void {
    const failures = this.tryAll(requests).filter((failure) => failure !== undefined);
    if (failures[0] !== undefined) throw failures[0];
  }

  /** As `run`, but gives the failure of each request, in place. */
  tryAll(requests: NetlinkRequest[]): (HostError | undefined)[] {
    const failures: (HostError | undefined)[] = [];
    for (let at = 0; at < requests.length; at += requestsAtOnce) failures.push(...this.#tryTogether(requests.slice(at, at + requestsAtOnce)));
    return failures;
  }

  #tryTogether(requests: NetlinkRequest[]): (HostError | undefined)[] {
    const first = this.#submit(requests);
    const failures: (HostError | undefined)[] = requests.map(() => undefined);
    for (let open = requests.length; open > 0;) {
      for (const message of this.#receive()) {
        const index = message.sequence - first;
        const request = requests[index];
        if (message.type !== answer.error || request === undefined) continue;
        failures[index] = refusal(message, request);
        open--;
      }
    }
    return failures;
  }

  /**
   * A transaction of nfnetlink: the first request begins it, the last ends it. The kernel tries all of those between, tells each refusal, and keeps
   * nothing when there was one. @throws HostError the first refusal
   */
  protected runWhole(requests: NetlinkRequest[]): void {
    const last = requests.length - 2;
    requests[last]!.bytes.writeUInt16LE(requests[last]!.bytes.readUInt16LE(6) | flag.ack, 6);
    const first = this.#submit(requests);
    let failure: HostError | undefined;
    for (let isOpen = true; isOpen;) {
      for (const message of this.#receive()) {
        const index = message.sequence - first;
        if (message.type !== answer.error || requests[index] === undefined) continue;
        failure ??= refusal(message, requests[index]);
        // What fails as a whole is told of its beginning.
        if (index === last || index === 0) isOpen = false;
      }
    }
    if (failure !== undefined) throw failure;
  }

  /** A question with one answer. @throws HostError */
  ask(request: NetlinkRequest): Message {
    const first = this.#submit([request]);
    for (;;) {
      const message = this.#receive().find((each) => each.sequence === first);
      if (message === undefined) continue;
      if (message.type !== answer.error) return message;
      throw refusal(message, request) ?? new HostError('netlink', 0, request.what);
    }
  }

  /**
   * A question with a list for an answer. What changes while the kernel writes it may be missing or come twice: the kernel says so then, and leaves the
   * repetition to its caller (https://docs.kernel.org/userspace-api/netlink/intro.html, "Dump consistency"). @throws HostError
   */
  dump(request: NetlinkRequest): Message[] {
    for (let dumps = 1; ; dumps++) {
      const { messages, isConsistent } = this.#dumpOnce(request);
      if (isConsistent || dumps === maxDumps) return messages;
    }
  }

  #dumpOnce(request: NetlinkRequest): { messages: Message[]; isConsistent: boolean } {
    const sequence = this.#submit([request]);
    const messages: Message[] = [];
    for (let isConsistent = true; ;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) continue;
        if ((message.flags & dumpInterrupted) !== 0) isConsistent = false;
        if (message.type === answer.error) throw refusal(message, request) ?? new HostError('netlink', 0, request.what);
        if (message.type !== answer.done) messages.push(message);
        else return { messages, isConsistent };
      }
    }
  }

  /** Gives the descriptor away, to be adopted by the constructor, also in another thread. This socket is closed then. */
  release(): number {
    const fd = this.#fd;
    this.#fd = -1;
    return fd;
  }

  close(): void {
    if (this.#fd !== -1) close(this.release());
  }

  protected get descriptor(): number {
    return this.#fd;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #submit(requests: NetlinkRequest[]): number {
    const first = this.#sequence + 1;
    for (const { bytes } of requests) bytes.writeUInt32LE(++this.#sequence, 8);
    const batch = Buffer.concat(requests.map(({ bytes }) => bytes));
    if (batch.length > this.#sendBytes) this.#grow(batch.length);
    checked(send(this.#fd, batch, batch.length, 0), 'send', 'netlink');
    return first;
  }

  /** The kernel takes at once what the buffer of the socket holds, and calls the rest EMSGSIZE. */
  #grow(bytes: number): void {
    const size = Buffer.alloc(4);
    size.writeInt32LE(bytes + 4096);
    checked(setsockopt(this.#fd, socketLevel.level, socketLevel.sendBufferForce, size, 4), 'setsockopt', 'SO_SNDBUFFORCE');
    this.#sendBytes = bytes;
  }

  #receive(): Message[] {
    const length = checked(recv(this.#fd, received, received.length, 0), 'recv', 'netlink');
    return splitMessages(Buffer.from(received.subarray(0, length)));
  }
}

/** The kernel's network configuration. */
export class RouteSocket extends NetlinkSocket {
  constructor(fd?: number) {
    super('route', fd);
  }

  links(): Link[] {
    return this.dump(dump('links')).map(readLink);
  }

  /** undefined when no link has that name. */
  link(name: string): Link | undefined {
    try {
      return readLink(this.ask(getLink(name)));
    } catch (error) {
      if (errnoOf(error) === 'ENODEV') return undefined;
      throw error;
    }
  }

  addresses(): LinkAddress[] {
    return this.dump(dump('addresses')).map(readLinkAddress);
  }

  /** Unicast routes of all tables. */
  routes(): HostRoute[] {
    return this.dump(dump('routes')).map(readRoute).filter((route) => route.kind === routeKind.unicast);
  }

  /** Whether what is sent to that address stays here. The kernel makes the way to a new one of IPv6 in a worker of its own, a moment after the address. */
  leadsHere(address: string): boolean {
    try {
      return readRoute(this.ask(getRoute(address))).kind === routeKind.local;
    } catch (error) {
      // No way, or one that refuses.
      if (['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EINVAL'].includes(errnoOf(error) ?? '')) return false;
      throw error;
    }
  }

  /** A link whose other end has just come up, or its bridge, carries packets from now on; nothing happens when it is gone. */
  settle(link: string): void {
    settleCarrier(this.descriptor, link);
  }
}

function open(service: number): number {
  const fd = checked(socket(netlink.family, socketType.raw | socketType.closeOnExec, service), 'socket', 'netlink');
  const on = Buffer.from([1, 0, 0, 0]);
  setsockopt(fd, netlink.level, netlink.capAck, on, 4);
  setsockopt(fd, netlink.level, netlink.extAck, on, 4);
  return fd;
}

const routeKind = { unicast: 1, local: 2 } as const;

/** An acknowledgement is an error message with errno 0. After it stands the header of the request, then attributes with the kernel's words. */
function refusal(message: Message, request: NetlinkRequest): HostError | undefined {
  const errno = -message.body.readInt32LE(0);
  if (errno === 0) return undefined;
  const words = readText(readAttributes(message.body.subarray(20)).get(1));
  return new HostError('netlink', errno, words === '' ? request.what : `${request.what} (${words})`);
}
