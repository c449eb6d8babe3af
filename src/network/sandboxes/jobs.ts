/** What the sandbox worker is asked. Each job is answered once, in order, with its number. */
export type SandboxJob =
  /** A namespace bound at `path`, with a pair of links when `wire` says how the host's end is called and which group it is of. */
  | { kind: 'create'; path: string; wire?: { name: string; group: number } }
  /** Takes the names away; the kernel removes the namespaces in one sweep of its own. */
  | { kind: 'remove'; paths: string[] }
  | { kind: 'deleteLinks'; names: string[]; leavingGroup: number }
  /** All links of that group, for the price of one. */
  | { kind: 'deleteGroup'; group: number };

/** A pair of links that waits for its container: both ends are down, the far one is in the namespace. */
export interface Wire {
  /** Index of the host's end. */
  port: number;
  /** Index of the far end, inside the namespace. */
  link: number;
  /** A netlink socket inside the namespace: configuring there needs no setns. Whoever takes the wire closes it. */
  socket: number;
}

export interface JobMessage { number: number; job: SandboxJob }
export interface JobAnswer { number: number; wire?: Wire; error?: { message: string; code: string | undefined } }
