import { ago, goTime } from '../format/ages.ts';
import type { Row } from '../format/listing.ts';
import { decimalSize } from '../format/sizes.ts';
import { idText } from '../format/text.ts';
import { splitReference } from './reference.ts';

export interface ImageSummary { Id: string; RepoTags: string[] | null; RepoDigests: string[] | null; Created: number; Size: number; Containers?: number; Labels?: Record<string, string> | null; SharedSize?: number }

/** Go's zero time, in seconds since 1970: an image that says so was made nobody knows when. */
const zeroTime = -62_135_596_800;

/** One row a tag; with digests one a tag and digest; an image without either is `<none>`. */
export function imageRows(image: ImageSummary, { whole, digests }: { whole: boolean; digests: boolean }): Row[] {
  const names = (image.RepoTags ?? []).filter((name) => name !== '<none>:<none>').map(splitReference);
  const byName = new Map((image.RepoDigests ?? []).filter((name) => name !== '<none>@<none>').map((name) => {
    const { name: repository, tag: digest } = splitReference(name);
    return [repository, digest];
  }));
  const row = (repository: string, tag: string, digest: string): Row => ({
    ID: idText(image.Id, whole), Repository: repository, Tag: tag, Digest: digest,
    CreatedSince: image.Created === zeroTime ? '' : ago(image.Created), get CreatedAt() { return goTime(new Date(image.Created * 1000)); }, Size: decimalSize(image.Size),
    Containers: (image.Containers ?? -1) < 0 ? 'N/A' : String(image.Containers), VirtualSize: decimalSize(image.Size, 4),
    SharedSize: (image.SharedSize ?? -1) < 0 ? 'N/A' : decimalSize(image.SharedSize ?? 0),
    UniqueSize: (image.SharedSize ?? -1) < 0 ? 'N/A' : decimalSize(image.Size - (image.SharedSize ?? 0)),
  });
  if (names.length > 0) return names.map(({ name, tag }) => row(name, tag, (digests ? byName.get(name) : undefined) ?? '<none>'));
  if (byName.size > 0) return [...byName].map(([name, digest]) => row(name, '<none>', digest));
  return [row('<none>', '<none>', '<none>')];
}

/** The template of `raw`. */
export function rawText(digests: boolean): string {
  return ['repository: {{.Repository}}', 'tag: {{.Tag}}', ...(digests ? ['digest: {{.Digest}}'] : []), 'image_id: {{.ID}}', 'created_at: {{.CreatedAt}}', 'virtual_size: {{.Size}}', ''].join('\n');
}
