import type { ImageRecord } from '../../store/records.ts';
import type { ImageDeps } from './deps.ts';

/** Events of images carry the image's labels and a name: the one that was used, or the image's id. */
export function imageEvent(
  deps: Pick<ImageDeps, 'events'>,
  action: 'create' | 'load' | 'save' | 'import' | 'pull' | 'push' | 'tag' | 'untag' | 'delete' | 'prune',
  about: { image?: Pick<ImageRecord, 'id' | 'config'>; name: string; id?: string },
): void {
  deps.events.publish({
    type: 'image',
    action,
    actor: { id: about.id ?? about.image?.id ?? about.name, attributes: { ...about.image?.config.labels, name: about.name } },
  });
}
