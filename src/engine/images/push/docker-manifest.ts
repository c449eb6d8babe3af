import { digestOf } from '../../../oci/digest.ts';
import { mediaTypes } from '../../../oci/media-types.ts';
import { refusalIn } from '../pull/pull-error.ts';
import type { PushPlan } from './plan-push.ts';

type PlannedManifest = PushPlan['manifests'][number];

const dockerTypes: Readonly<Record<string, string>> = {
  [mediaTypes.ociConfig]: mediaTypes.dockerConfig, [mediaTypes.ociLayer]: mediaTypes.dockerLayer, [mediaTypes.ociLayerGzip]: mediaTypes.dockerLayerGzip,
};

/** A registry from before the OCI formats says so of their manifests. */
export function refusesForm(error: unknown): boolean {
  const refusal = refusalIn(error);
  return refusal !== undefined && [400, 415].includes(refusal.status) && (refusal.status === 415 || refusal.entries.some(({ code }) => code === 'MANIFEST_INVALID' || code === 'UNSUPPORTED'));
}

/** The same image in Docker's schema 2, which such registries know: other names for the same blobs. Undefined where Docker has no name. */
export function dockerForm({ mediaType, bytes }: PlannedManifest): PlannedManifest | undefined {
  if (mediaType !== mediaTypes.ociManifest) return undefined;
  const { config, layers } = JSON.parse(bytes.toString('utf8')) as { config: { mediaType: string }; layers: { mediaType: string }[] | null };
  const parts = [config, ...layers ?? []].map((part) => ({ ...part, mediaType: dockerTypes[part.mediaType] }));
  if (parts.some((part) => part.mediaType === undefined)) return undefined;
  const made = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config: parts[0], layers: parts.slice(1) }));
  return { digest: digestOf(made), mediaType: mediaTypes.dockerManifest, bytes: made };
}
