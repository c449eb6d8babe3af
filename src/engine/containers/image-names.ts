import type { ImageVerbs } from '../images/verbs.ts';
import type { ContainerImages } from './ports.ts';

/** Images as containers see them: what a container was created with is shown while that name still means the same image. */
export function imageNames(images: Pick<ImageVerbs, 'resolve' | 'unpack' | 'letGo'>): ContainerImages {
  return {
    resolve: (image, platform) => images.resolve(image, platform),
    unpack: (image) => images.unpack(image),
    letGo: (used, chainIds) => images.letGo(used, chainIds),
    nameOf: (id, createdAs) => {
      try {
        return images.resolve(createdAs).id === id ? createdAs : id;
      } catch {
        // The name is gone; the image may be too.
        return id;
      }
    },
  };
}
