import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../src/base/log.ts';
import { createImageVerbs } from '../../../src/engine/images/images.ts';
import type { ImageDeps, ImageUser } from '../../../src/engine/images/deps.ts';
import type { EngineEvent } from '../../../src/engine/events/bus.ts';
import type { ImageVerbs, ProgressLine } from '../../../src/engine/images/verbs.ts';
import { hostArchitecture } from '../../../src/host/architecture.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { openContentStore } from '../../../src/store/content/directory.ts';
import { Leases } from '../../../src/store/leases/leases.ts';
import { openMetadata } from '../../../src/store/metadata/sqlite.ts';
import { openDirectorySnapshotter } from '../../../src/store/snapshots/directories.ts';
import type { LayerSnapshotter } from '../../../src/store/snapshots/layer-snapshotter.ts';

/** Real stores in a directory of their own, and the verbs on top. */
export interface ImageFixture extends AsyncDisposable {
  directory: string;
  deps: ImageDeps & { snapshots: LayerSnapshotter };
  images: ImageVerbs;
  events: Pick<EngineEvent, 'action' | 'actor'>[];
  lines: ProgressLine[];
  /** Who uses which image: set by a test. */
  users: Map<Digest, ImageUser[]>;
  load(path: NodeJS.ReadableStream, platform?: string): Promise<void>;
  /** Blobs and layers in the stores. */
  census(): Promise<{ blobs: number; layers: number; leases: number; images: number; references: number }>;
}

export const embeddedImage = { reference: 'docker.io/gantry/busybox:latest', path: new URL('../../../dist/embedded-image.tar', import.meta.url).pathname };

export function imageFixture(overrides: Partial<Omit<ImageDeps, 'snapshots'>> = {}, parent = tmpdir()): ImageFixture {
  const directory = mkdtempSync(join(parent, 'gantry-images-'));
  const metadata = openMetadata(join(directory, 'gantry.db'));
  const content = openContentStore(join(directory, 'content'));
  const snapshots = openDirectorySnapshotter({ directory: join(directory, 'snapshots') });
  const leases = new Leases(metadata);
  const events: ImageFixture['events'] = [];
  const users: ImageFixture['users'] = new Map();
  const lines: ProgressLine[] = [];
  const deps = {
    metadata, content, snapshots, leases, embeddedImage,
    usedChainIds: () => [],
    events: { publish: (event: Pick<EngineEvent, 'action' | 'actor'>) => void events.push(event) },
    imageUsers: (id: Digest) => users.get(id) ?? [],
    imageUseCounts: () => new Map([...users].map(([id, list]) => [id, list.length])),
    host: { os: 'linux', architecture: hostArchitecture() },
    log: silentLog,
    ...overrides,
  };
  const images = createImageVerbs(deps);
  return {
    directory, deps, images, events, lines, users,
    load: (tar, platform) => images.load(tar as never, { quiet: true, progress: (line) => lines.push(line), signal: new AbortController().signal, ...(platform === undefined ? {} : { platform }) }),
    async census() {
      let blobs = 0;
      for await (const _ of content.list()) blobs++;
      return {
        blobs, layers: (await snapshots.list()).length, leases: leases.all().length,
        images: metadata.table('images').all().length, references: metadata.table('references').all().length,
      };
    },
    async [Symbol.asyncDispose]() {
      await snapshots.close();
      metadata.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
