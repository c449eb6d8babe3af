import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GantryError, messageOf } from '../../../base/errors.ts';

/** Which images must be signed, and by whom: the longest prefix that fits decides. */
export interface SignatureRule {
  /** `registry.example.com/team` fits itself and what is below it; `*` fits everything. */
  prefix: string;
  /** One of these must have signed; none refuses everything. Undefined accepts what is not signed. */
  keys: KeyObject[] | undefined;
  /** Or one of these, with a certificate of the moment. */
  keyless?: KeylessRule;
}

export interface KeylessRule {
  /** The content of Sigstore's `trusted_root.json`. */
  trustedRoot: object;
  /** Who may have signed: who vouched for them, and a regular expression for the whole of their name. */
  identities: readonly { issuer: string; subjectPattern: string }[];
}

export type SignaturePolicy = readonly SignatureRule[];

/**
 * The daemon's setting `signature-policy`: `{ "registry.example.com/team": { "keys": ["/etc/gantry/team.pub"] }, "*": "accept" | "reject" }`.
 * Keys are PEM files. Keyless: `{ "keyless": { "trusted-root": file, "identities": [{ "issuer": …, "subject": … | "subject-pattern": … }] } }`.
 * @throws invalid
 */
export function readSignaturePolicy(value: Record<string, unknown>, readKey = (path: string): string => readFileSync(path, 'utf8')): SignaturePolicy {
  return Object.entries(value).map(([prefix, rule]): SignatureRule => {
    if (prefix !== '*' && !/^[a-zA-Z0-9][\w.:/[\]-]*$/.test(prefix)) throw refused(prefix, 'it is no prefix of a repository');
    if (rule === 'accept') return { prefix, keys: undefined };
    if (rule === 'reject') return { prefix, keys: [] };
    const { keys = [], keyless, ...others } = (typeof rule === 'object' && rule !== null ? rule : {}) as { keys?: unknown; keyless?: unknown } & Record<string, unknown>;
    if (Object.keys(others).length > 0) throw refused(prefix, `it has the unknown field ${Object.keys(others)[0]}`);
    if (!Array.isArray(keys) || (keys.length === 0 && keyless === undefined) || !keys.every((key) => typeof key === 'string')) throw refused(prefix, 'it must be "accept", "reject", { "keys": [files] } or { "keyless": … }');
    return { prefix, keys: keys.map((path: string) => loadKey(prefix, path, readKey)), ...(keyless === undefined ? {} : { keyless: readKeyless(prefix, keyless, readKey) }) };
  });
}

function readKeyless(prefix: string, value: unknown, readFile: (path: string) => string): KeylessRule {
  const { 'trusted-root': path, identities, ...others } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (Object.keys(others).length > 0) throw refused(prefix, `keyless has the unknown field ${Object.keys(others)[0]}`);
  if (typeof path !== 'string' || !Array.isArray(identities) || identities.length === 0) throw refused(prefix, 'keyless needs a trusted-root and identities');
  return { trustedRoot: loadTrustedRoot(prefix, path, readFile), identities: identities.map((identity) => readIdentity(prefix, identity)) };
}

/** https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto; read to the end when it is first used. */
function loadTrustedRoot(prefix: string, path: string, readFile: (path: string) => string): object {
  let root: { mediaType?: unknown; certificateAuthorities?: unknown[]; tlogs?: unknown[]; timestampAuthorities?: unknown[] };
  try {
    root = JSON.parse(readFile(path)) as typeof root;
  } catch (error) {
    throw refused(prefix, `its trusted-root ${path} cannot be used: ${messageOf(error)}`);
  }
  const holds = (list: unknown): boolean => Array.isArray(list) && list.length > 0;
  if (!holds(root?.certificateAuthorities)) throw refused(prefix, `its trusted-root ${path} names no certificate authority`);
  if (!holds(root.tlogs) && !holds(root.timestampAuthorities)) throw refused(prefix, `its trusted-root ${path} names neither a transparency log nor a timestamp authority`);
  return root;
}

function readIdentity(prefix: string, value: unknown): KeylessRule['identities'][number] {
  const { issuer, subject, 'subject-pattern': pattern, ...others } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const isWhole = typeof issuer === 'string' && (typeof subject === 'string') !== (typeof pattern === 'string') && Object.keys(others).length === 0;
  if (!isWhole) throw refused(prefix, 'an identity has an issuer, and a subject or a subject-pattern');
  if (typeof subject === 'string') return { issuer, subjectPattern: RegExp.escape(subject) };
  try {
    return { issuer, subjectPattern: new RegExp(pattern as string).source };
  } catch (error) {
    throw refused(prefix, messageOf(error));
  }
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
