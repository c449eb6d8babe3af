import { ago, goTime } from '../format/ages.ts';
import type { Row } from '../format/listing.ts';
import { displayPorts, type PortSummary } from '../format/ports.ts';
import { decimalSize } from '../format/sizes.ts';
import { nilPointer } from '../../base/template/nil.ts';
import { ellipsis, idText, pairs } from '../format/text.ts';

/** What `GET /containers/json` tells of each container. */
export interface ContainerSummary {
  Id: string;
  Names: string[] | null;
  Image: string;
  ImageID: string;
  Command: string;
  /** Seconds since 1970. */
  Created: number;
  Ports?: PortSummary[] | null;
  Labels?: Record<string, string> | null;
  State: string;
  Status: string;
  SizeRw?: number;
  SizeRootFs?: number;
  Mounts?: { Type?: string; Name?: string; Source?: string; Driver?: string }[] | null;
  ImageManifestDescriptor?: { platform?: unknown } | null;
  NetworkSettings?: { Networks?: Record<string, unknown> | null } | null;
}

export const columns = '{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}';

export const headers = {
  ID: 'CONTAINER ID', Names: 'NAMES', Image: 'IMAGE', Command: 'COMMAND', CreatedAt: 'CREATED AT', RunningFor: 'CREATED', Ports: 'PORTS',
  State: 'STATE', Status: 'STATUS', Size: 'SIZE', Labels: 'LABELS', Mounts: 'MOUNTS', LocalVolumes: 'LOCAL VOLUMES', Networks: 'NETWORKS', Platform: 'PLATFORM',
};

/** The fields that templates of `ps` can use. */
export function containerRow(container: ContainerSummary, whole: boolean): Row {
  const mounts = container.Mounts ?? [];
  const row: Row = {
    ID: idText(container.Id, whole),
    Names: namesText(container.Names ?? [], whole),
    Image: imageText(container, whole),
    Command: JSON.stringify(whole ? container.Command : ellipsis(container.Command, 20)),
    // Naming the time zone takes longer than all the rest: only for those who ask.
    get CreatedAt() {
      return goTime(new Date(container.Created * 1000));
    },
    RunningFor: ago(container.Created),
    Ports: displayPorts(container.Ports ?? []),
    State: container.State,
    Status: container.Status,
    Size: sizeText(container),
    Labels: pairs(container.Labels),
    Mounts: mounts.map(({ Name: name, Source: source }) => (whole ? name || source || '' : ellipsis(name || source || '', 15))).join(','),
    LocalVolumes: String(mounts.filter(({ Driver: driver }) => driver === 'local').length),
    Networks: Object.keys(container.NetworkSettings?.Networks ?? {}).join(','),
    Platform: container.ImageManifestDescriptor?.platform ?? nilPointer,
  };
  Object.defineProperty(row, 'Label', { value: (name: unknown) => container.Labels?.[String(name)] ?? '' });
  return row;
}

/** A link gives a container further names such as `/web/db`; they are shown only when nothing may be cut. */
function namesText(names: readonly string[], whole: boolean): string {
  const bare = names.map((name) => name.replace(/^\//, ''));
  return (whole ? bare : bare.filter((name) => !name.includes('/'))).join(',');
}

function imageText({ Image: image, ImageID: id }: ContainerSummary, whole: boolean): string {
  if (image === '') return '<no image>';
  if (whole) return image;
  if (image === id || image === id.replace(/^sha256:/, '')) return idText(id, false);
  const at = image.indexOf('@');
  return at < 0 ? image : image.slice(0, at);
}

function sizeText({ SizeRw: own = 0, SizeRootFs: whole = 0 }: ContainerSummary): string {
  return whole > 0 ? `${decimalSize(own)} (virtual ${decimalSize(whole)})` : decimalSize(own);
}

/** The template of `raw`. */
export function rawText(size: boolean): string {
  return [
    'container_id: {{.ID}}', 'image: {{.Image}}', 'command: {{.Command}}', 'created_at: {{.CreatedAt}}', 'state: {{- pad .State 1 0}}', 'status: {{- pad .Status 1 0}}', 'names: {{.Names}}',
    'labels: {{- pad .Labels 1 0}}', 'ports: {{- pad .Ports 1 0}}', ...(size ? ['size: {{.Size}}'] : []), '',
  ].join('\n');
}
