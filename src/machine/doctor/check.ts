/** `note`: nothing is wrong, but worth knowing. `warn`: something will not work. `fail`: no container will run. `skip`: only root can tell. */
export type Outcome = 'ok' | 'note' | 'warn' | 'fail' | 'skip';

export interface Finding {
  /** What was looked at: `cgroups`, `runtime crun` … */
  check: string;
  outcome: Outcome;
  /** What was found, in a few words. */
  detail: string;
  /** What to do about it; always there for `warn` and `fail`. */
  remedy?: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, outcome: 'ok', detail });
export const finding = (check: string, outcome: Outcome, detail: string, remedy?: string): Finding => ({ check, outcome, detail, remedy });
