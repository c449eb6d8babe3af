import { GantryError } from '../../../base/errors.ts';
import { requireJson } from '../http/body.ts';
import type { Handler } from '../http/router.ts';
import { sendJson } from '../http/respond.ts';
import { readAuth } from '../images/auth.ts';

/** `POST /auth`: checks credentials against a registry. */
export const auth: Handler = async (exchange, { images }) => {
  const body = await requireJson(exchange);
  if (typeof body !== 'object' || body === null) throw new GantryError('invalid', 'invalid JSON: the body is no AuthConfig');
  const { identityToken } = await images.registries.login(readAuth(body) ?? {}, exchange.signal).catch((error: unknown) => {
    // What a registry says of a password is an answer to its bearer: 401, whatever the code.
    if (error instanceof GantryError && error.kind === 'forbidden') throw new GantryError('unauthorized', error.message, { cause: error });
    throw error;
  });
  sendJson(exchange, 200, { IdentityToken: identityToken ?? '', Status: 'Login Succeeded' });
};
