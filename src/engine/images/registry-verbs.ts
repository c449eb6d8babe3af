import { GantryError } from '../../base/errors.ts';
import { maxManifestBytes, readManifestOrIndex } from '../../oci/manifest.ts';
import { isConfigType, isIndexType } from '../../oci/media-types.ts';
import { normalized, type Platform } from '../../oci/platform.ts';
import { readImageConfig } from '../../oci/image-config.ts';
import { parseReference, withDefaultTag } from '../../oci/reference.ts';
import { buffer } from 'node:stream/consumers';
import type { RegistryConnection } from './registry-port.ts';
import type { ImageDeps } from './deps.ts';
import { putIndexVerb } from './push/put-index.ts';
import { registryOf } from './pull.ts';
import { registryError } from './pull/pull-error.ts';
import type { RegistryVerbs } from './verbs.ts';

/** What is asked of registries without keeping anything here. */
export function registryVerbs(deps: ImageDeps): RegistryVerbs {
  return { login: loginVerb(deps), search: searchVerb(deps), distribution: distributionVerb(deps), putIndex: putIndexVerb(deps) };
}

/** The address in configuration files under which Docker Hub stands. */
export function registryOfAddress(address: string): string {
  const host = address.replace(/^https?:\/\//, '').split('/')[0] ?? '';
  return ['', 'index.docker.io', 'registry-1.docker.io', 'docker.io', 'registry.hub.docker.com'].includes(host) ? 'docker.io' : host;
}

function loginVerb(deps: ImageDeps): RegistryVerbs['login'] {
  return async (auth, signal) => {
    if (deps.registry === undefined) throw new GantryError('notImplemented', 'this engine was made without a registry client');
    const registry = registryOfAddress(auth.serverAddress ?? '');
    if (!/^[\w.:[\]-]+$/.test(registry)) throw new GantryError('invalid', `unable to parse server address: ${JSON.stringify(auth.serverAddress)} names no host`);
    return await deps.registry.login(registry, auth, signal);
  };
}

/** `term` may begin with a registry's host. Stars and official images are Docker Hub's notions. */
function searchVerb(deps: ImageDeps): RegistryVerbs['search'] {
  return async (term, { limit, auth, signal }) => {
    const slash = term.indexOf('/');
    const first = slash < 0 ? '' : term.slice(0, slash);
    const isHost = /[.:]/.test(first) || first === 'localhost';
    const registry = isHost ? registryOfAddress(first) : 'docker.io';
    const connection = registryOf(deps, parseReference('search'), 'search for').connect(registry, auth);
    try {
      return await connection.client.search(registry, { term: isHost ? term.slice(slash + 1) : term.replace(/^library\//, ''), limit, signal });
    } finally {
      connection.release();
    }
  };
}

function distributionVerb(deps: ImageDeps): RegistryVerbs['distribution'] {
  return async (text, { auth, signal, insecure = false }) => {
    const reference = withDefaultTag(parseReference(text));
    const connection = registryOf(deps, reference, 'look up').connect(reference.domain, auth, { insecure });
    try {
      const repository = { registry: reference.domain, name: reference.path };
      const { descriptor, bytes } = await connection.client.getManifest(repository, reference.digest ?? reference.tag!, signal);
      return { descriptor, bytes, platforms: await platformsOf(connection, { repository, bytes, signal }) };
    } catch (error) {
      throw registryError(error);
    } finally {
      connection.release();
    }
  };
}

async function platformsOf({ client }: RegistryConnection, { repository, bytes, signal }: { repository: { registry: string; name: string }; bytes: Buffer; signal: AbortSignal }): Promise<Platform[]> {
  const found = readManifestOrIndex(bytes, 'the manifest');
  if (found.kind === 'index') return found.index.manifests.flatMap(({ platform, mediaType }) => (platform === undefined || isIndexType(mediaType) ? [] : [platform]));
  const { config } = found.manifest;
  if (config.size > maxManifestBytes || !isConfigType(config.mediaType)) return [];
  const stored = await buffer(client.openBlob({ repository, descriptor: config, signal }));
  return [normalized(readImageConfig(stored, `image config ${config.digest}`).platform)];
}
