import { GantryError } from '../../base/errors.ts';
import type { RepositoryAction } from '../protocol/scope.ts';
import type { AccessRule } from './access.ts';

const actions: readonly string[] = ['pull', 'push', 'delete'] satisfies RepositoryAction[];

/** A file of rights: a JSON list of `{ user, repository, actions }`. @throws invalid, naming the entry */
export function readRules(text: string): AccessRule[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new GantryError('invalid', 'the rules are not JSON', { cause: error });
  }
  if (!Array.isArray(value)) throw new GantryError('invalid', 'the rules are not a list');
  return value.map((item: Record<string, unknown> | null, index) => {
    const wanted = item?.['actions'];
    const isRule = typeof item?.['user'] === 'string' && typeof item['repository'] === 'string'
      && Array.isArray(wanted) && wanted.every((action) => actions.includes(action as string));
    if (!isRule) throw new GantryError('invalid', `rule ${index + 1} is not { user, repository, actions: pull, push, delete }`);
    return { user: item['user'] as string, repository: item['repository'] as string, actions: wanted as RepositoryAction[] };
  });
}
