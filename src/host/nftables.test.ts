import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createNetns, removeNetns, withNetns } from './namespaces.ts';
import { openNftables } from './nftables.ts';

test('run() tells no refusal of what the kernel has done when signals arrive meanwhile', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-nft-'));
  const namespace = join(folder, 'net');
  createNetns(namespace);
  const nft = withNetns(namespace, openNftables);
  const listener = (): void => undefined;
  process.on('SIGWINCH', listener);
  // The kernel gives a process' signals to its main thread where that takes them.
  const sender = new Worker('for (;;) process.kill(process.pid, "SIGWINCH");', { eval: true });
  t.after(async () => {
    await sender.terminate();
    process.off('SIGWINCH', listener);
    nft.close();
    removeNetns(namespace);
    rmSync(folder, { recursive: true });
  });
  await once(process, 'SIGWINCH');
  for (let run = 0; run < 3000; run++) nft.run('add table inet signals; add chain inet signals empty; delete table inet signals');
});
