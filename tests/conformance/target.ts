import { after, afterEach, before } from 'node:test';
import { Engine } from './engine.ts';

interface Target { engine: Engine; close(): Promise<void> }

/** For the suite that calls it: opens the engine under test before the first test, cleans it after each, and lets it go after the last. */
export function useEngine(opened: (engine: Engine) => void): void {
  let target: Target | undefined;
  before(async () => {
    target = await openTarget();
    opened(target.engine);
  });
  afterEach(() => target?.engine.clean());
  after(() => target?.close());
}

/**
 * The engine under test: a daemon of this checkout, or whatever `GANTRY_CONFORMANCE_SOCKET` names
 * (then `GANTRY_CONFORMANCE_IMAGE`, an image with a shell, must be loaded there already).
 */
async function openTarget(): Promise<Target> {
  const socketPath = process.env['GANTRY_CONFORMANCE_SOCKET'];
  if (socketPath !== undefined) {
    const image = process.env['GANTRY_CONFORMANCE_IMAGE'] ?? 'gantry/busybox:latest';
    return { engine: new Engine({ socketPath, image, ours: false }), close: async () => {} };
  }
  const { startDaemon } = await import('../support/daemon.ts');
  const daemon = await startDaemon();
  const engine = new Engine({ socketPath: daemon.socketPath, image: 'gantry/busybox:latest', ours: true });
  await engine.expect('POST', '/images/create', { query: { fromImage: 'gantry/busybox', tag: 'latest' }, status: 200 });
  return { engine, close: () => daemon.stop() };
}
