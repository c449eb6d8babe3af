import { GantryError } from '../../base/errors.ts';
import type { Context } from '../context.ts';
import { decimalSize } from '../format/sizes.ts';
import { idText } from '../format/text.ts';
import { filterQuery } from '../grammar/filters.ts';
import type { ImageSummary } from './row.ts';

interface ManifestSummary {
  ID: string;
  Available: boolean;
  Kind: string;
  Size: { Content: number; Total: number };
  ImageData?: { Platform?: { os: string; architecture: string; variant?: string }; Containers?: string[] };
}

interface TreeOptions { all: boolean; by: Record<string, readonly string[]>; quiet: boolean; format: string; digests: boolean; whole: boolean }

/** `images --tree`: each image with the platforms of its index, here or not. */
export async function showTree(context: Context, options: TreeOptions): Promise<void> {
  const other = options.quiet ? '--quiet' : options.format !== '' ? '--format' : options.digests ? '--show-digest' : undefined;
  if (other !== undefined) throw new GantryError('invalid', `${other} is not yet supported with --tree`);
  const images = await context.api.json<(ImageSummary & { Manifests?: ManifestSummary[] })[]>({ path: '/images/json', query: { all: options.all || undefined, manifests: true, ...filterQuery(options.by) } });
  const rows = [['IMAGE', 'ID', 'DISK USAGE', 'CONTENT SIZE', 'USED']];
  for (const image of images) {
    const parts = (image.Manifests ?? []).filter(({ Kind: kind }) => kind === 'image');
    const total = (field: 'Total' | 'Content'): number => parts.reduce((sum, { Size: size }) => sum + size[field], 0);
    const used = parts.some(({ ImageData: data }) => (data?.Containers ?? []).length > 0);
    const names = (image.RepoTags ?? []).length > 0 ? image.RepoTags! : ['<untagged>'];
    for (const name of names) rows.push([name, idText(image.Id, options.whole), decimalSize(total('Total')), decimalSize(total('Content')), used ? '✔' : '']);
    parts.forEach((part, index) => rows.push(branch(part, { isLast: index === parts.length - 1, whole: options.whole })));
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) {
    const cells = row.map((cell, column) => (column === 2 || column === 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)));
    context.print(cells.join('   ').trimEnd());
  }
}

function branch({ ID: id, Size: size, ImageData: data }: ManifestSummary, { isLast, whole }: { isLast: boolean; whole: boolean }): string[] {
  const { os = '', architecture = '', variant = '' } = data?.Platform ?? {};
  const platform = [os, architecture, variant].filter((part) => part !== '').join('/');
  return [`${isLast ? '└─' : '├─'} ${platform}`, idText(id, whole), decimalSize(size.Total), decimalSize(size.Content), (data?.Containers ?? []).length > 0 ? '✔' : ''];
}
