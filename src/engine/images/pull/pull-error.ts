import { GantryError, hasKind, isGantryError } from '../../../base/errors.ts';
import { familiarName, familiarRepository, type Reference } from '../../../oci/reference.ts';
import { printable } from '../../../registry/protocol/printable.ts';
import { RegistryRefusal } from '../../../registry/client/refusal.ts';

/** A registry's refusal of an image in Docker's sentences; anything else as it is. */
export function pullError(error: unknown, reference: Reference): unknown {
  const refusal = refusalIn(error);
  if (!isGantryError(error)) return error;
  if (refusal === undefined) return named(error, reference);
  const [first] = refusal.entries;
  const reason = first === undefined ? undefined : `${wordsOf(first.code)}: ${first.message}`;
  const because = reason === undefined ? '' : `: ${reason}`;
  const options = { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  if (hasKind(error, 'unauthorized') || hasKind(error, 'forbidden')) {
    return new GantryError('notFound', `pull access denied for ${familiarRepository(reference)}, repository does not exist or may require 'docker login'${because}`, options);
  }
  if (refusal.what.startsWith('blob ')) return new GantryError(error.kind, `unknown blob: ${error.message}`, options);
  if (first?.code === 'NAME_UNKNOWN') return new GantryError('notFound', `repository ${familiarRepository(reference)} not found${because}`, options);
  if (first?.code === 'MANIFEST_UNKNOWN' || refusal.status === 404) return new GantryError('notFound', `manifest for ${familiarName(reference)} not found${because}`, options);
  if (refusal.status === 429) return new GantryError('unavailable', `toomanyrequests: ${first?.message ?? 'the registry limits how often it is asked'}`, options);
  return error;
}

/** The refusal of a look-up, or of a push: what the registry said, first. */
export function registryError(error: unknown): unknown {
  const refusal = refusalIn(error);
  const [first] = refusal?.entries ?? [];
  const words = first === undefined ? undefined : `${wordsOf(first.code)}: ${first.message}`;
  if (words === undefined || !isGantryError(error)) return error;
  return new GantryError(error.kind, words, { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) });
}

/** What is wrong with the content that a registry gave: whose it is must be told. */
function named(error: GantryError, { domain }: Reference): GantryError {
  if (!hasKind(error, 'invalid')) return error;
  const message = printable(error.message, 1000);
  return new GantryError('invalid', message.includes(domain) ? message : `registry ${domain}: ${message}`, { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) });
}

export function refusalIn(error: unknown): RegistryRefusal | undefined {
  const cause = isGantryError(error) ? error.cause : undefined;
  return cause instanceof RegistryRefusal ? cause : undefined;
}

function wordsOf(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}
