/** `node tools/complete-lock.ts`: after a change of dependencies, makes package-lock.json one that `npm ci` takes everywhere. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { complete, type Lock } from './lock/complete.ts';

const path = join(import.meta.dirname, '../package-lock.json');
writeFileSync(path, `${JSON.stringify(complete(JSON.parse(readFileSync(path, 'utf8')) as Lock), undefined, 2)}\n`);
