import type { ImageSummary, ManifestSummary } from '../../../engine/images/verbs.ts';
import { atLeast } from '../../types/version.ts';
import { inOrder } from '../codec/encode.ts';
import { unixSeconds } from '../http/timestamp.ts';

/** One entry of `GET /images/json`. What was not asked to be measured is -1. */
export function imageSummaryJson(summary: ImageSummary, version: string, measured: { sharedSize: boolean; containers: boolean }): object {
  const { image } = summary;
  const nameless = summary.repoTags.length === 0 && summary.repoDigests.length === 0 && !atLeast(version, '1.43');
  return {
    Containers: measured.containers ? summary.containers : -1,
    Created: unixSeconds(image.created),
    Id: image.id,
    Labels: image.config.labels === undefined ? null : inOrder(image.config.labels),
    ParentId: image.parent ?? '',
    RepoDigests: nameless ? ['<none>@<none>'] : listed(summary.repoDigests, version),
    RepoTags: nameless ? ['<none>:<none>'] : listed(summary.repoTags, version),
    SharedSize: measured.sharedSize ? summary.sharedBytes : -1,
    Size: summary.sizeBytes,
    ...(!atLeast(version, '1.44') && { VirtualSize: summary.sizeBytes }),
    ...(summary.descriptor !== undefined && { Descriptor: summary.descriptor }),
    ...(summary.manifests !== undefined && { Manifests: summary.manifests.map(manifestSummaryJson) }),
  };
}

/** Before 1.43 a list of nothing was null. */
function listed(names: readonly string[], version: string): readonly string[] | null {
  return names.length === 0 && !atLeast(version, '1.43') ? null : names;
}

/** https://docs.docker.com/reference/api/engine/ (ImageManifestSummary) */
export function manifestSummaryJson({ descriptor, available, contentBytes, unpackedBytes, kind, platform, containers, attestationFor }: ManifestSummary): object {
  return {
    ID: descriptor.digest,
    Descriptor: descriptor,
    Available: available,
    Size: { Content: contentBytes, Total: contentBytes + unpackedBytes },
    Kind: kind,
    ...(kind === 'image' && { ImageData: { Platform: platform, Containers: containers, Size: { Unpacked: unpackedBytes } } }),
    ...(kind === 'attestation' && { AttestationData: { For: attestationFor ?? '' } }),
  };
}
