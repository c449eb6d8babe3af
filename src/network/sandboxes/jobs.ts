/** What the sandbox worker is asked. Each job is answered once, in order, with its number. */
export type SandboxJob =
  | { kind: 'create'; path: string }
  /** Takes the names away; the kernel removes the namespaces in one sweep of its own. */
  | { kind: 'remove'; paths: string[] }
  | { kind: 'deleteLinks'; names: string[] };

export interface JobMessage { number: number; job: SandboxJob }
export interface JobAnswer { number: number; error?: { message: string; code: string | undefined } }
