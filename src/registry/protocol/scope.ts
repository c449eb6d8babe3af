/**
 * What a token allows: `repository:library/busybox:pull,push`. Names may hold colons (a port), so type and actions
 * are cut from the ends. https://distribution.github.io/distribution/spec/auth/scope/
 */
export interface Scope {
  type: string;
  name: string;
  actions: string[];
}

export type RepositoryAction = 'pull' | 'push' | 'delete';

export function repositoryScope(name: string, actions: RepositoryAction[]): Scope {
  return { type: 'repository', name, actions };
}

export const catalogScope: Scope = { type: 'registry', name: 'catalog', actions: ['*'] };

export function parseScope(text: string): Scope | undefined {
  const match = /^([^:\s]+):(\S+):([^:\s]*)$/.exec(text);
  if (match === null) return undefined;
  return { type: match[1]!, name: match[2]!, actions: match[3]!.split(',').filter((action) => action !== '') };
}

export function formatScope(scope: Scope): string {
  return `${scope.type}:${scope.name}:${[...scope.actions].sort().join(',')}`;
}

/** One scope per resource, with the actions of all; sorted, so that equal sets give equal text (the key of a token cache). */
export function mergeScopes(scopes: Scope[]): Scope[] {
  const merged = new Map<string, Scope>();
  for (const scope of scopes) {
    const key = `${scope.type}:${scope.name}`;
    const actions = new Set([...(merged.get(key)?.actions ?? []), ...scope.actions]);
    merged.set(key, { ...scope, actions: [...actions].sort() });
  }
  return [...merged.keys()].sort().map((key) => merged.get(key)!);
}
