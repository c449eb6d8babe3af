import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GantryError, messageOf } from '../../../base/errors.ts';

/** Which images must be signed, and by whom: the longest prefix that fits decides. */
export interface SignatureRule {
  /** `registry.example.com/team` fits itself and what is below it; `*` fits everything. */
  prefix: string;
  /** One of these must have signed; none refuses everything. Undefined accepts what is not signed. */
  keys: KeyObject[] | undefined;
}

export type SignaturePolicy = readonly SignatureRule[];

/**
 * The daemon's setting `signature-policy`: `{ "registry.example.com/team": { "keys": ["/etc/gantry/team.pub"] }, "*": "accept" | "reject" }`.
 * Keys are PEM files. @throws invalid
 */
export function readSignaturePolicy(value: Record<string, unknown>, readKey = (path: string): string => readFileSync(path, 'utf8')): SignaturePolicy {
  return Object.entries(value).map(([prefix, rule]): SignatureRule => {
    if (prefix !== '*' && !/^[a-zA-Z0-9][\w.:/[\]-]*$/.test(prefix)) throw refused(prefix, 'it is no prefix of a repository');
    if (rule === 'accept') return { prefix, keys: undefined };
    if (rule === 'reject') return { prefix, keys: [] };
    const { keys, ...others } = (typeof rule === 'object' && rule !== null ? rule : {}) as { keys?: unknown } & Record<string, unknown>;
    if ('keyless' in others || 'identities' in others) throw refused(prefix, 'keyless signatures are not supported by this engine: name keys');
    if (Object.keys(others).length > 0) throw refused(prefix, `it has the unknown field ${Object.keys(others)[0]}`);
    if (!Array.isArray(keys) || keys.length === 0 || !keys.every((key) => typeof key === 'string')) throw refused(prefix, 'it must be "accept", "reject" or { "keys": [files] }');
    return { prefix, keys: keys.map((path: string) => loadKey(prefix, path, readKey)) };
  });
}

function loadKey(prefix: string, path: string, readKey: (path: string) => string): KeyObject {
  try {
    return createPublicKey(readKey(path));
  } catch (error) {
    throw refused(prefix, `its key ${path} cannot be used: ${messageOf(error)}`);
  }
}

function refused(prefix: string, why: string): GantryError {
  return new GantryError('invalid', `signature-policy for ${JSON.stringify(prefix)}: ${why}`);
}

/** The rule for `registry.example.com/team/web`; undefined when none fits. */
export function ruleFor(policy: SignaturePolicy, repository: string): SignatureRule | undefined {
  const fits = ({ prefix }: SignatureRule): boolean => prefix === '*' || repository === prefix || repository.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
  const length = ({ prefix }: SignatureRule): number => (prefix === '*' ? 0 : prefix.length);
  return policy.filter(fits).toSorted((a, b) => length(b) - length(a))[0];
}
