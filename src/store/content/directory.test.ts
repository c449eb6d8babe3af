import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { contentContract } from './content-contract.ts';
import { openContentStore } from './directory.ts';

const made: string[] = [];
after(() => made.forEach((directory) => rmSync(directory, { recursive: true, force: true })));

contentContract('directory', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-content-'));
  made.push(directory);
  return { store: openContentStore(directory), again: () => openContentStore(directory) };
});
