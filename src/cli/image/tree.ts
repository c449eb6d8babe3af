import { decimalSize } from '../format/sizes.ts';
import { ellipsis, idText } from '../format/text.ts';
import type { ImageSummary } from './row.ts';

/** An image with the platforms of its index, here or not: `GET /images/json?manifests=1`. */
export interface TreeImage extends ImageSummary { Manifests?: ManifestSummary[] | null }

interface ManifestSummary {
  ID: string;
  Kind: string;
  Size: { Content: number; Total: number };
  ImageData?: { Platform?: { os: string; architecture: string; variant?: string }; Containers?: string[] | null };
}

interface Line { name: string; id: string; total: number; content: number; used: boolean }

interface Column { title: string; width: number; right?: boolean; value: (line: Line) => string }

const details: readonly Column[] = [
  { title: 'ID', width: 12, value: ({ id }) => idText(id, false) },
  { title: 'DISK USAGE', width: 10, right: true, value: ({ total }) => decimalSize(total) },
  { title: 'CONTENT SIZE', width: 12, right: true, value: ({ content }) => decimalSize(content) },
  { title: 'EXTRA', width: 5, value: ({ used }) => (used ? 'U' : '') },
];
const gap = 3;
const narrowestName = 12;

/** `images --tree`, newest first, for a terminal of so many columns; what does not fit is left out from the right. */
export function treeText(images: readonly TreeImage[], columns: number): string {
  const newestFirst = [...images].sort((left, right) => right.Created - left.Created);
  const groups = newestFirst.map((image) => ({ names: namesOf(image), top: topOf(image), children: childrenOf(image) }));
  const widest = Math.max('IMAGE'.length, ...groups.flatMap(({ names, children }) => [...names, ...children.map(({ name }) => name)]).map((name) => name.length));
  const shown: Column[] = [];
  let room = Math.max(20, columns);
  for (const column of details) {
    if (room - column.width - gap < narrowestName) break;
    room -= column.width + gap;
    shown.push(column);
  }
  const width = Math.min(room, widest);
  const row = (name: string, cells: readonly string[]): string => [fit(name, { width }), ...cells.map((cell, index) => fit(cell, shown[index]!))].join(' '.repeat(gap)).trimEnd();
  const lineText = (line: Line): string => row(line.name, shown.map(({ value }) => value(line)));
  return [
    'Info → U In Use'.padStart(Math.max(20, columns)).trimEnd(), '',
    row('IMAGE', shown.map(({ title }) => title)),
    ...groups.flatMap(({ names, top, children }) => [...names.slice(0, -1), lineText({ ...top, name: names.at(-1) ?? '' }), ...children.map(lineText), ...(groups.some((group) => group.children.length > 0) ? [''] : [])]),
    '',
  ].join('\n');
}

function fit(text: string, { width, right = false }: { width: number; right?: boolean }): string {
  if (text.length > width) return ellipsis(text, width);
  return right ? text.padStart(width) : text.padEnd(width);
}

/** The longest first; the last one stands beside the details. */
function namesOf({ RepoTags: tags }: TreeImage): string[] {
  return tags === null || tags.length === 0 ? ['<untagged>'] : [...tags].sort((left, right) => right.length - left.length);
}

function topOf(image: TreeImage): Line {
  const parts = image.Manifests ?? [];
  const used = (image.Containers ?? 0) > 0 || parts.some(({ ImageData: data }) => (data?.Containers ?? []).length > 0);
  return { name: '', id: image.Id, total: image.Size, content: parts.reduce((sum, { Size: size }) => sum + size.Content, 0), used };
}

function childrenOf({ Manifests: manifests }: TreeImage): Line[] {
  const parts = (manifests ?? []).filter(({ Kind: kind }) => kind === 'image');
  return parts.map(({ ID: id, Size: size, ImageData: data }, index) => {
    const { os = '', architecture = '', variant = '' } = data?.Platform ?? {};
    const platform = [os, architecture, variant].filter((part) => part !== '').join('/');
    return { name: `${index === parts.length - 1 ? '└─' : '├─'} ${platform}`, id, total: size.Total, content: size.Content, used: (data?.Containers ?? []).length > 0 };
  });
}
