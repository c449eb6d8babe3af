import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, type Digest } from '../../oci/digest.ts';
import type { MountPoint } from './record.ts';
import { usedImages, usedLayers } from './used-images.ts';

const [own, other, base, top] = [digestOf('own'), digestOf('other'), digestOf('base'), digestOf('top')];
const mounting = (id: Digest): MountPoint => ({ image: { id, layers: [top] } }) as MountPoint;

test('usedImages() counts an image that a container mounts, and each once', () => {
  assert.deepEqual(usedImages({ image: { id: own, reference: 'own' }, mounts: [] }), [own]);
  assert.deepEqual(usedImages({ image: { id: own, reference: 'own' }, mounts: [mounting(other), mounting(own), mounting(other)] }), [own, other]);
});

test('usedLayers() keeps the layers of what a container mounts', () => {
  assert.deepEqual(usedLayers({ layers: [base], mounts: [mounting(other)] }), [base, top]);
});
