import { Engine } from './engine.ts';

export interface Target { engine: Engine; close(): Promise<void> }

/**
 * The engine under test: a daemon of this checkout, or whatever `GANTRY_CONFORMANCE_SOCKET` names
 * (then `GANTRY_CONFORMANCE_IMAGE`, an image with a shell, must be loaded there already).
 */
export async function openTarget(): Promise<Target> {
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
