import assert from 'node:assert/strict';
import { test } from 'node:test';
import { treeText, type TreeImage } from './tree.ts';

const id = (letter: string): string => `sha256:${letter.repeat(64)}`;
const part = (letter: string, architecture: string, Containers: string[] = []) => ({ ID: id(letter), Kind: 'image', Size: { Content: 1000, Total: 2000 }, ImageData: { Platform: { os: 'linux', architecture }, Containers } });
const images: TreeImage[] = [
  { Id: id('a'), RepoTags: ['old:1'], RepoDigests: [], Created: 1, Size: 5 },
  { Id: id('b'), RepoTags: ['web:1', 'registry.example.com/web:1'], RepoDigests: [], Created: 2, Size: 1_234_567, Manifests: [part('c', 'amd64', ['x']), part('d', 'arm64'), { ID: id('e'), Kind: 'attestation', Size: { Content: 500, Total: 500 } }] },
];

test('treeText() shows each image, newest first, with its platforms, and which are in use', () => {
  assert.deepEqual(treeText(images, 80).split('\n').slice(2), [
    'IMAGE                        ID             DISK USAGE   CONTENT SIZE   EXTRA',
    'registry.example.com/web:1',
    'web:1                        bbbbbbbbbbbb       1.23MB          2.5kB   U',
    '├─ linux/amd64               cccccccccccc          2kB            1kB   U',
    '└─ linux/arm64               dddddddddddd          2kB            1kB',
    '',
    'old:1                        aaaaaaaaaaaa           5B             0B',
    '',
    '',
  ]);
});

test('treeText() leaves columns out where the terminal is narrow, and keeps the names', () => {
  assert.equal(treeText(images, 45).split('\n')[2], 'IMAGE               ID             DISK USAGE');
  assert.deepEqual(treeText(images, 0).split('\n').slice(2, 5), ['IMAGE', 'registry.example.com/web:1', 'web:1']);
});
