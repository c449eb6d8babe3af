import type { RepositoryAction } from '../protocol/scope.ts';

/** Who asks: a user by name, or `undefined` for anybody. */
export interface Account { user: string | undefined }

/** Rights of users on repositories whose name matches; `*` matches within a segment, `**` across them. */
export interface AccessRule {
  /** A name, `*` for every user that is logged in, `anonymous` for anybody. */
  user: string;
  repository: string;
  actions: RepositoryAction[];
}

export interface Access {
  /** Undefined when the registry is open to all. */
  verify: ((user: string, password: string) => Promise<boolean>) | undefined;
  rules: AccessRule[];
}

export type Decision = 'allowed' | 'unauthorized' | 'denied';

/** Rights add up; what no rule allows is refused. A registry without users allows everything. */
export function decide(access: Access, account: Account, wanted: { repository: string; action: RepositoryAction }): Decision {
  if (access.verify === undefined) return 'allowed';
  const allowed = access.rules.some((rule) => ruleHolds(rule, account)
    && rule.actions.includes(wanted.action) && globMatches(rule.repository, wanted.repository));
  if (allowed) return 'allowed';
  return account.user === undefined ? 'unauthorized' : 'denied';
}

function ruleHolds(rule: AccessRule, account: Account): boolean {
  return rule.user === 'anonymous' || (account.user !== undefined && (rule.user === '*' || rule.user === account.user));
}

export function globMatches(glob: string, name: string): boolean {
  const pattern = glob.split(/(\*\*|\*)/).map((part) => part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('')}$`).test(name);
}

/** The rules where nobody wrote any: who is logged in may do everything, and others may pull if that is wanted. */
export function defaultRules(options: { anonymousPull: boolean }): AccessRule[] {
  const all: AccessRule = { user: '*', repository: '**', actions: ['pull', 'push', 'delete'] };
  return options.anonymousPull ? [all, { user: 'anonymous', repository: '**', actions: ['pull'] }] : [all];
}

/** User and password of a Basic header; undefined when there is none. */
export function readBasic(header: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^Basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
