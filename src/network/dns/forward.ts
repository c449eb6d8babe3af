import { randomInt } from 'node:crypto';
import { connect, isIPv6 } from 'node:net';
import { answersQuestion, codeOf, responseCode, type Query } from './message.ts';
import { numericSocket } from './numeric.ts';

export interface Upstream { address: string; port: number }

/** After this long without an answer the next server is asked too; the first good answer wins. */
const patienceMs = 1500;
const limitMs = 5000;
/** More questions under way than this are refused at once: memory stays bounded when upstreams are gone. */
const maxUnderWay = 4096;
let underWay = 0;

/**
 * Asks the servers, in order and overlapping, and resolves to the reply as it came but with the client's id; undefined when nobody
 * answered in time. A server's failure or refusal counts only when no other one does better.
 */
export async function forward(message: Buffer, query: Query, options: { upstreams: readonly Upstream[]; transport: 'udp' | 'tcp' }): Promise<Buffer | undefined> {
  if (underWay >= maxUnderWay || options.upstreams.length === 0) return undefined;
  underWay += 1;
  try {
    return await race(message, query, options);
  } finally {
    underWay -= 1;
  }
}

function race(message: Buffer, query: Query, options: { upstreams: readonly Upstream[]; transport: 'udp' | 'tcp' }): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const ask = options.transport === 'udp' ? askByUdp : askByTcp;
  const stops: (() => void)[] = [];
  const waiting = [...options.upstreams];
  let asked = 0;
  let poor: Buffer | undefined;
  const next = (): void => {
    const upstream = waiting.shift();
    if (upstream === undefined) return;
    asked += 1;
    stops.push(ask(message, query, upstream, (reply) => {
      if (reply !== undefined && isGood(reply)) return resolve(reply);
      poor ??= reply;
      asked -= 1;
      if (waiting.length > 0) next();
      else if (asked === 0) resolve(poor);
    }));
  };
  const stagger = setInterval(next, patienceMs);
  const limit = setTimeout(() => resolve(poor), limitMs);
  next();
  return promise.finally(() => {
    clearInterval(stagger);
    clearTimeout(limit);
    for (const stop of stops) stop();
  });
}

function isGood(reply: Buffer): boolean {
  const code = codeOf(reply);
  return code === responseCode.noError || code === responseCode.nameError;
}

type Ask = (message: Buffer, query: Query, upstream: Upstream, done: (reply: Buffer | undefined) => void) => () => void;

/** A socket and a random id for each question: an answer cannot be forged blindly. */
const askByUdp: Ask = (message, query, upstream, done) => {
  const { outgoing, id } = renamed(message);
  const socket = numericSocket(isIPv6(upstream.address) ? 'udp6' : 'udp4');
  let open = true;
  const stop = (): void => {
    if (open) socket.close();
    open = false;
  };
  const finish = (reply: Buffer | undefined): void => {
    if (!open) return;
    stop();
    done(reply);
  };
  socket.on('error', () => finish(undefined));
  socket.on('message', (reply) => {
    if (answersQuestion(reply, id, query.question)) finish(withId(reply, query.id));
  });
  // The callback also comes, with the error, when there is no route to the server.
  socket.connect(upstream.port, upstream.address, (error?: Error) => {
    if (error !== undefined && error !== null) finish(undefined);
    else if (open) socket.send(outgoing);
  });
  return stop;
};

const askByTcp: Ask = (message, query, upstream, done) => {
  const { outgoing, id } = renamed(message);
  const socket = connect({ host: upstream.address, port: upstream.port });
  let finished = false;
  const finish = (reply: Buffer | undefined): void => {
    if (finished) return;
    finished = true;
    socket.destroy();
    done(reply);
  };
  const length = Buffer.alloc(2);
  length.writeUInt16BE(outgoing.length);
  let received = Buffer.alloc(0);
  socket.on('connect', () => socket.write(Buffer.concat([length, outgoing])));
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
    const reply = received.subarray(2, 2 + received.readUInt16BE(0));
    finish(answersQuestion(reply, id, query.question) ? withId(reply, query.id) : undefined);
  });
  socket.on('error', () => finish(undefined));
  socket.on('close', () => finish(undefined));
  return () => {
    finished = true;
    socket.destroy();
  };
};

function renamed(message: Buffer): { outgoing: Buffer; id: number } {
  const id = randomInt(0x10000);
  return { outgoing: withId(message, id), id };
}

function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id, 0);
  return copy;
}
