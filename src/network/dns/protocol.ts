import type { RelayedPort } from '../relay/relayed-port.ts';
import type { NamedEndpoint } from './names.ts';
import type { ResolverView } from './resolve.ts';

/** Raised when a message changes its meaning; a resolver of another version is replaced. */
export const protocolVersion = 2;

/** A container whose namespace is served. */
export interface ServedSandbox { id: string; netns: string; view: ResolverView }

/** A port to be passed on, and the descriptor of the socket that holds it, in the process that asks; none when this process is the one that holds it. */
export interface HeldPort extends RelayedPort { descriptor?: number }

/** What the daemon says, one JSON object a line, each answered by one `Reply` in order. */
export type Request =
  | { op: 'hello'; version: number }
  /** All there is: whatever else the resolver knows goes away. */
  | { op: 'state'; endpoints: NamedEndpoint[]; sandboxes: ServedSandbox[]; pid: number; relayed: HeldPort[] }
  | { op: 'put'; endpoint: NamedEndpoint }
  | { op: 'drop'; network: string; endpoint: string }
  | { op: 'serve'; sandbox: ServedSandbox }
  | { op: 'leave'; id: string }
  | { op: 'relay'; pid: number; ports: HeldPort[] }
  /** Their sockets are closed when this is answered. */
  | { op: 'endRelay'; ports: RelayedPort[] }
  /** The daemon ends and nothing is served or passed on: the resolver may end too. */
  | { op: 'end' };

export type Reply = { ok: true } | { ok: false; message: string };
