import type { Digest } from '../../oci/digest.ts';
import type { ImageRecord } from '../../store/records.ts';

/** How many images and containers stand on each layer, so that a removal can tell which layers go with it. */
export class LayerUsers {
  readonly #counts = new Map<Digest, number>();

  constructor(images: readonly Pick<ImageRecord, 'layers'>[], usedChainIds: Iterable<Digest> = []) {
    for (const { layers } of images) for (const { chainId } of layers) this.#add(chainId);
    for (const chainId of usedChainIds) this.#add(chainId);
  }

  #add(chainId: Digest): void {
    this.#counts.set(chainId, this.of(chainId) + 1);
  }

  of(chainId: Digest): number {
    return this.#counts.get(chainId) ?? 0;
  }

  /** Takes an image away. Its layers that nobody stands on any more, the uppermost first. */
  release({ layers }: Pick<ImageRecord, 'layers'>): Digest[] {
    for (const { chainId } of layers) this.#counts.set(chainId, this.of(chainId) - 1);
    return layers.map(({ chainId }) => chainId).filter((chainId) => this.of(chainId) === 0).reverse();
  }
}
