import type { Digest } from '../../../oci/digest.ts';
import type { Repository } from '../../../registry/client/manifests.ts';
import type { ImageDeps } from '../deps.ts';
import type { RegistryConnection } from '../registry-port.ts';
import type { Slots } from '../pull/slots.ts';
import type { Progress } from '../verbs.ts';
import type { PushPlan } from './plan-push.ts';

export interface PushBlobs {
  deps: ImageDeps;
  slots: Slots;
  connection: RegistryConnection;
  repository: Repository;
  blobs: PushPlan['blobs'];
  /** Repositories of the registry that may hold a blob. */
  mountFrom: (digest: Digest) => string[];
  progress: Progress;
  signal: AbortSignal;
}

/** Sends what the registry lacks, several at once, with Docker's words for each layer. The first failure stops the others. */
export async function pushBlobs(push: PushBlobs): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([push.signal, failed.signal]);
  for (const { label } of push.blobs) if (label !== undefined) push.progress({ status: 'Preparing', id: label });
  await Promise.allSettled(push.blobs.map(async (blob) => {
    try {
      await pushOne({ ...push, signal }, blob);
    } catch (error) {
      if (!failed.signal.aborted) failed.abort(error);
    }
  }));
  push.signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
}

const quietMs = 100;

async function pushOne(push: PushBlobs, { descriptor, label }: PushPlan['blobs'][number]): Promise<void> {
  const say = (status: string): void => {
    if (label !== undefined) push.progress({ status, id: label });
  };
  const give = await push.slots.take(push.signal, () => say('Waiting'));
  try {
    let drawnMs = -Infinity;
    const mountFrom = push.mountFrom(descriptor.digest);
    const outcome = await push.connection.client.pushBlob({
      repository: push.repository, descriptor, source: push.deps.content, signal: push.signal,
      ...(mountFrom.length === 0 ? {} : { mountFrom, onMounted: (from: string) => say(`Mounted from ${from}`) }),
      onProgress: (current) => {
        if (label === undefined || (current < descriptor.size && performance.now() - drawnMs < quietMs)) return;
        drawnMs = performance.now();
        push.progress({ status: 'Pushing', id: label, progress: { current, total: descriptor.size } });
      },
    });
    if (outcome !== 'mounted') say(outcome === 'exists' ? 'Layer already exists' : 'Pushed');
  } finally {
    give();
  }
}
