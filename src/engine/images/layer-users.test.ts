import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { LayerUsers } from './layer-users.ts';

const [base, middle, top] = ['base', 'middle', 'top'].map((text) => digestOf(text)) as [Digest, Digest, Digest];
const image = (...chain: Digest[]) => ({ layers: chain.map((chainId) => ({ chainId, digest: chainId, diffId: chainId, mediaType: '', size: 0 })) });

describe('LayerUsers', () => {
  it('release() gives the layers that only this image stood on, the uppermost first', () => {
    const [small, large] = [image(base), image(base, middle, top)];
    const users = new LayerUsers([small, large]);
    assert.equal(users.of(base), 2);
    assert.deepEqual(users.release(large), [top, middle]);
    assert.deepEqual(users.release(small), [base]);
  });
  it('release() spares the layers of containers', () => {
    const only = image(base, middle);
    assert.deepEqual(new LayerUsers([only], [base, middle]).release(only), []);
  });
});
