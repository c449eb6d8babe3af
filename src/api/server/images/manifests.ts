import { GantryError } from '../../../base/errors.ts';
import type { RegistryCall } from '../../../engine/images/verbs.ts';
import type { Exchange } from '../http/exchange.ts';
import { requireJson } from '../http/body.ts';
import type { Handler } from '../http/router.ts';
import { sendJson } from '../http/respond.ts';
import { registryAuth } from './auth.ts';

/** What Docker's command line asks registries itself, and ours asks the engine: manifests as they are, and lists of them. */
export const getManifest: Handler = async (exchange, { images }) => {
  const { descriptor, bytes, platforms } = await images.registries.distribution(exchange.params['name']!, callOf(exchange));
  sendJson(exchange, 200, { Descriptor: descriptor, Platforms: platforms, Raw: bytes.toString('base64') });
};

export const putManifest: Handler = async (exchange, { images }) => {
  const { MediaType: mediaType, Raw: raw, Members: members } = (await requireJson(exchange)) as Record<string, unknown>;
  if (typeof mediaType !== 'string' || typeof raw !== 'string' || !Array.isArray(members) || !members.every((one) => typeof one === 'string')) {
    throw new GantryError('invalid', 'MediaType, Raw and Members are needed');
  }
  const digest = await images.registries.putIndex(exchange.params['name']!, { mediaType, bytes: Buffer.from(raw, 'base64'), members }, callOf(exchange));
  sendJson(exchange, 201, { Digest: digest });
};

function callOf({ request, query, signal }: Exchange): RegistryCall {
  return { auth: registryAuth(request.headers['x-registry-auth']), insecure: query.flag('insecure'), signal };
}
