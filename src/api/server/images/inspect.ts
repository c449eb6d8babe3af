import type { ImageDetails } from '../../../engine/images/verbs.ts';
import { atLeast } from '../../types/version.ts';
import { encodeStruct } from '../codec/encode.ts';
import { containerConfigStruct } from '../codec/container-config.ts';
import type { EngineFacts } from '../services.ts';
import { manifestSummaryJson } from './summary.ts';
import { zeroTime } from '../../../engine/containers/transition.ts';

/** `GET /images/{name}/json`. */
export function imageInspectJson(details: ImageDetails, version: string, facts: EngineFacts): object {
  const { image, configJson: stored, descriptor, manifests } = details;
  const text = (key: string): string => (typeof stored[key] === 'string' ? (stored[key] as string) : '');
  return {
    Id: image.id,
    RepoTags: details.repoTags,
    RepoDigests: details.repoDigests,
    Parent: details.parentId,
    Comment: lastComment(stored),
    ...createdOf(image.created, version),
    ...(!atLeast(version, '1.45') && { Container: '', ContainerConfig: encodeStruct(containerConfigStruct, {}) }),
    DockerVersion: text('docker_version'),
    Author: text('author'),
    Config: imageConfigJson(details, version),
    Architecture: image.platform.architecture,
    ...(text('variant') !== '' && { Variant: text('variant') }),
    Os: image.platform.os,
    ...(text('os.version') !== '' && { OsVersion: text('os.version') }),
    Size: details.sizeBytes,
    ...(!atLeast(version, '1.44') && { VirtualSize: details.sizeBytes }),
    GraphDriver: { Data: null, Name: facts.storageDriver },
    RootFS: { Type: 'layers', ...(image.layers.length > 0 && { Layers: image.layers.map(({ diffId }) => diffId) }) },
    Metadata: { LastTagTime: new Date(details.namedAtMs).toISOString() },
    ...(descriptor !== undefined && { Descriptor: descriptor }),
    ...(manifests !== undefined && { Manifests: manifests.map(manifestSummaryJson) }),
  };
}

function createdOf(created: string, version: string): object {
  if (created !== '') return { Created: created };
  return atLeast(version, '1.44') ? {} : { Created: zeroTime };
}

/** Fields of a container alone were part of an image's config before 1.50, with their zero values. */
function imageConfigJson({ image }: ImageDetails, version: string): object {
  const full = encodeStruct(containerConfigStruct, image.config);
  if (!atLeast(version, '1.50')) return full;
  const kept = ['User', 'ExposedPorts', 'Env', 'Entrypoint', 'Cmd', 'Volumes', 'WorkingDir', 'Labels', 'StopSignal', 'ArgsEscaped', 'Healthcheck', 'OnBuild', 'Shell'];
  const nullable = ['Cmd', 'Entrypoint', 'Env', 'Labels', 'OnBuild', 'Volumes', 'User', 'WorkingDir'];
  return Object.fromEntries(kept.filter((key) => key in full && (nullable.includes(key) || full[key] !== null)).map((key) => [key, full[key]]));
}

function lastComment(stored: Record<string, unknown>): string {
  const history = stored['history'];
  const last = Array.isArray(history) ? (history.at(-1) as { comment?: unknown } | undefined) : undefined;
  return typeof last?.comment === 'string' ? last.comment : '';
}
