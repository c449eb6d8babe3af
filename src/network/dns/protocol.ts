import type { NamedEndpoint } from './names.ts';
import type { ResolverView } from './resolve.ts';

/** Raised when a message changes its meaning; a resolver of another version is replaced. */
export const protocolVersion = 1;

/** A container whose namespace is served. */
export interface ServedSandbox { id: string; netns: string; view: ResolverView }

/** What the daemon says, one JSON object a line, each answered by one `Reply` in order. */
export type Request =
  | { op: 'hello'; version: number }
  /** All there is: whatever else the resolver knows goes away. */
  | { op: 'state'; endpoints: NamedEndpoint[]; sandboxes: ServedSandbox[] }
  | { op: 'put'; endpoint: NamedEndpoint }
  | { op: 'drop'; network: string; endpoint: string }
  | { op: 'serve'; sandbox: ServedSandbox }
  | { op: 'leave'; id: string }
  /** The daemon ends and nothing is served: the resolver may end too. */
  | { op: 'end' };

export type Reply = { ok: true } | { ok: false; message: string };
