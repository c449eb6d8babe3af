import type { Route } from './http/router.ts';
import { containerRoutes } from './containers/routes.ts';
import { execRoutes } from './execs/routes.ts';
import { fileRoutes } from './files/routes.ts';
import { imageRoutes } from './images/routes.ts';
import { networkRoutes } from './networks/routes.ts';
import { systemRoutes } from './system/routes.ts';
import { unsupportedRoutes } from './unsupported.ts';
import { volumeContentRoutes } from './volumes/contents.ts';
import { volumeRoutes } from './volumes/routes.ts';

/** Every route of the API, in the order they are tried. The compatibility table is generated from it. */
export const routes: readonly Route[] = [
  ...systemRoutes,
  ...containerRoutes,
  ...execRoutes,
  ...fileRoutes,
  ...imageRoutes,
  ...networkRoutes,
  ...volumeRoutes,
  ...volumeContentRoutes,
  ...unsupportedRoutes,
];
