import type { Row } from '../format/listing.ts';
import { decimalSize } from '../format/sizes.ts';
import { pairs } from '../format/text.ts';

export interface VolumeSummary { Name: string; Driver: string; Mountpoint: string; Scope: string; Labels?: Record<string, string> | null; UsageData?: { Size: number; RefCount: number } | null }

export const headers = { Name: 'VOLUME NAME', Driver: 'DRIVER', Scope: 'SCOPE', Mountpoint: 'MOUNTPOINT', Labels: 'LABELS', Links: 'LINKS', Size: 'SIZE', Availability: 'AVAILABILITY', Group: 'GROUP', Status: 'STATUS' };

export const rawText = 'name: {{.Name}}\ndriver: {{.Driver}}\n';

/** The fields that templates of `volume ls` can use. */
export function volumeRow(volume: VolumeSummary): Row {
  const usage = volume.UsageData;
  const row: Row = {
    Name: volume.Name, Driver: volume.Driver, Scope: volume.Scope, Mountpoint: volume.Mountpoint, Labels: pairs(volume.Labels),
    Links: usage === undefined || usage === null ? 'N/A' : String(usage.RefCount), Size: usage === undefined || usage === null ? 'N/A' : decimalSize(usage.Size), Availability: 'N/A', Group: 'N/A', Status: 'N/A',
  };
  Object.defineProperty(row, 'Label', { value: (name: unknown) => volume.Labels?.[String(name)] ?? '' });
  return row;
}
