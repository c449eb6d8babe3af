import { GantryError } from '../../../base/errors.ts';
import { requireJson } from '../http/body.ts';
import type { Handler } from '../http/router.ts';

/** Checks credentials against a registry; refused until there is a registry client. */
export const auth: Handler = async (exchange) => {
  await requireJson(exchange);
  throw new GantryError('notImplemented', 'not supported by this engine: logging in to a registry (POST /auth)');
};
