import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { ownHostLines } from '../../network/files/hosts.ts';
import type { ContainerRecord } from '../containers/record.ts';
import { addressesOf, resolvConf } from './container-files.ts';
import type { NetworkDeps } from './deps.ts';

/** Files that programs in the container have filled are left alone beyond this. */
const maxBytes = 1 << 20;

/**
 * What a container that runs reads in /etc/hosts and /etc/resolv.conf follows its networks: lines of addresses that are gone go, new ones come, and its name server
 * becomes 127.0.0.11 with the first network that resolves names. Whatever else was written there stays. They are mounted one by one, so they are changed in place.
 */
export function refreshFiles(deps: Pick<NetworkDeps, 'catalog' | 'filesDirectory' | 'settings'>, before: ContainerRecord, after: ContainerRecord): void {
  rewrite(join(deps.filesDirectory(after.id), 'hosts'), (text) => withLines(text, { gone: hostLines(before), come: hostLines(after) }));
  const [was, is] = [before, after].map((record) => resolvConf(deps, record, false));
  rewrite(join(deps.filesDirectory(after.id), 'resolv.conf'), (text) => (text === was && is !== undefined ? is : text));
}

function hostLines(record: ContainerRecord): string[] {
  return ownHostLines({ addresses: addressesOf(record), hostname: record.config.hostname ?? '', domainname: record.config.domainname ?? '' });
}

function withLines(text: string, { gone, come }: { gone: string[]; come: string[] }): string {
  const lines = text.replace(/\n$/, '').split('\n');
  const kept = lines.filter((line) => !gone.includes(line) || come.includes(line));
  return [...kept, ...come.filter((line) => !kept.includes(line))].map((line) => `${line}\n`).join('');
}

function rewrite(path: string, change: (text: string) => string): void {
  try {
    if (statSync(path).size > maxBytes) return;
    const text = readFileSync(path, 'utf8');
    const changed = change(text);
    if (changed !== text) writeFileSync(path, changed);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
