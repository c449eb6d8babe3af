import { atMost, define } from '../command.ts';
import { ago, goTime } from '../format/ages.ts';
import { listText, type Row } from '../format/listing.ts';
import { decimalSize } from '../format/sizes.ts';
import { idText } from '../format/text.ts';
import { bool } from '../grammar/flag.ts';
import { filterQuery, filters } from '../grammar/filters.ts';
import { formatFlag } from '../grammar/format-flag.ts';
import { splitReference } from './reference.ts';
import { showTree } from './show-tree.ts';

export interface ImageSummary { Id: string; RepoTags: string[] | null; RepoDigests: string[] | null; Created: number; Size: number; Containers?: number; Labels?: Record<string, string> | null; SharedSize?: number }

const headers = {
  ID: 'IMAGE ID', Repository: 'REPOSITORY', Tag: 'TAG', Digest: 'DIGEST', CreatedSince: 'CREATED', CreatedAt: 'CREATED AT', Size: 'SIZE',
  Containers: 'CONTAINERS', VirtualSize: 'SIZE', SharedSize: 'SHARED SIZE', UniqueSize: 'UNIQUE SIZE',
};

export const command = define({
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  flags: {
    all: bool('Show all images (default hides intermediate images)', { short: 'a' }),
    digests: bool('Show digests'),
    filter: filters('Filter output based on conditions provided', { short: 'f' }),
    format: formatFlag(),
    'no-trunc': bool("Don't truncate output"),
    quiet: bool('Only show image IDs', { short: 'q' }),
    tree: bool('List multi-platform images as a tree'),
  },
  arity: atMost(1),
  names: 'image',
  examples: [['Images that no name leads to', 'gantry images --filter dangling=true'], ['Names only', "gantry images --format '{{.Repository}}:{{.Tag}}'"]],
  async run({ context, flags, given, args }) {
    const by = args[0] === undefined ? flags.filter : { ...flags.filter, reference: [...(flags.filter['reference'] ?? []), args[0]] };
    if (flags.tree) return await showTree(context, { all: flags.all, by, quiet: flags.quiet, format: flags.format, digests: flags.digests, whole: flags['no-trunc'] });
    const images = await context.api.json<ImageSummary[]>({ path: '/images/json', query: { all: flags.all || undefined, ...filterQuery(by) } });
    const format = given.has('format') ? flags.format : context.config.imagesFormat ?? '';
    const digests = flags.digests || /\.Digest\b/.test(format);
    const rows = images.flatMap((image) => imageRows(image, { whole: flags['no-trunc'], digests }));
    const columns = `{{.Repository}}\t{{.Tag}}\t${flags.digests ? '{{.Digest}}\t' : ''}{{.ID}}\t{{.CreatedSince}}\t{{.Size}}`;
    context.stdout.write(listText({ format, headers, columns, quiet: flags.quiet ? '{{.ID}}' : undefined }, rows));
  },
});

/** One row a tag; with digests one a tag and digest; an image without either is `<none>`. */
export function imageRows(image: ImageSummary, { whole, digests }: { whole: boolean; digests: boolean }): Row[] {
  const names = (image.RepoTags ?? []).filter((name) => name !== '<none>:<none>').map(splitReference);
  const byName = new Map((image.RepoDigests ?? []).filter((name) => name !== '<none>@<none>').map((name) => {
    const { name: repository, tag: digest } = splitReference(name);
    return [repository, digest];
  }));
  const row = (repository: string, tag: string, digest: string): Row => ({
    ID: idText(image.Id, whole), Repository: repository, Tag: tag, Digest: digest,
    CreatedSince: ago(image.Created), get CreatedAt() { return goTime(new Date(image.Created * 1000)); }, Size: decimalSize(image.Size),
    Containers: (image.Containers ?? -1) < 0 ? 'N/A' : String(image.Containers), VirtualSize: decimalSize(image.Size, 4),
    SharedSize: (image.SharedSize ?? -1) < 0 ? 'N/A' : decimalSize(image.SharedSize ?? 0),
    UniqueSize: (image.SharedSize ?? -1) < 0 ? 'N/A' : decimalSize(image.Size - (image.SharedSize ?? 0)),
  });
  if (names.length > 0) return names.map(({ name, tag }) => row(name, tag, (digests ? byName.get(name) : undefined) ?? '<none>'));
  if (byName.size > 0) return [...byName].map(([name, digest]) => row(name, '<none>', digest));
  return [row('<none>', '<none>', '<none>')];
}
