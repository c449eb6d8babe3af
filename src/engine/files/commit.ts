import { closeSync, openSync } from 'node:fs';
import { O_CLOEXEC, O_DIRECTORY } from '../../host/files.ts';
import { packTree } from '../../host/pack-tree.ts';
import type { ContainerConfig } from '../../oci/container.ts';
import { familiarName, parseReference } from '../../oci/reference.ts';
import { publishEvent } from '../containers/publish-event.ts';
import { mergeConfig } from '../containers/merge-config.ts';
import type { FileDeps } from './deps.ts';
import { streamOf } from './stream-of.ts';
import type { FileVerbs } from './verbs.ts';

/** The new layer is what the upper directory holds: its cost follows the bytes that changed. The container rests while it is read, unless told otherwise. */
export function commitVerb(deps: FileDeps): FileVerbs['commit'] {
  return async (container, options) => {
    const record = deps.catalog.find(container);
    const pausing = options.pause && record.state.status === 'running';
    if (pausing) {
      await deps.cgroups.freeze(deps.cgroupPathOf(record));
      publishEvent(deps.events, record, 'pause');
    }
    try {
      const upper = openSync(deps.layers.paths(record.id).upper, O_DIRECTORY | O_CLOEXEC);
      const held = new AsyncDisposableStack();
      held.defer(() => closeSync(upper));
      const tar = streamOf(packTree({ directory: upper, entry: '.', name: '', whiteouts: 'layer', signal: options.signal }), held);
      const id = await deps.commitLayer(tar, {
        base: record.image.id, repository: options.repository, tag: options.tag, comment: options.comment, author: options.author,
        changes: options.changes, config: mergeConfig(record.config, said(options.config)), container: record.id,
        createdBy: [record.path, ...record.args].join(' '), signal: options.signal,
      });
      publishEvent(deps.events, record, 'commit', { comment: options.comment, imageID: id, imageRef: imageReference(options) });
      return id;
    } finally {
      if (pausing) {
        await deps.cgroups.thaw(deps.cgroupPathOf(record));
        publishEvent(deps.events, record, 'unpause');
      }
    }
  };
}

/** As people see it; empty for an image without a name. */
function imageReference({ repository, tag }: { repository: string; tag: string }): string {
  return repository === '' ? '' : familiarName(parseReference(`${repository}:${tag || 'latest'}`));
}

/** Only what was given: a client sends the whole structure with empty fields. */
function said(config: ContainerConfig | undefined): ContainerConfig {
  return Object.fromEntries(Object.entries(config ?? {}).filter(([, value]) => value !== undefined && value !== '' && value !== false && value !== null && !(Array.isArray(value) && value.length === 0)));
}
