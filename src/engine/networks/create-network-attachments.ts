import type { NetworkAttachments } from '../containers/ports.ts';
import type { ContainerRecord, EndpointRecord } from '../containers/record.ts';
import { containerFiles } from './container-files.ts';
import type { NetworkDeps } from './deps.ts';
import { attachEndpoint, detachEndpoint, gatewayName } from './endpoints.ts';
import { planEndpoints } from './plan-endpoints.ts';

/** How containers come onto networks and off them. */
export function createNetworkAttachments(deps: NetworkDeps): NetworkAttachments {
  return {
    plan: (request) => planEndpoints(deps.catalog, request),
    sandbox: async (containerId) => (await deps.backend.createSandbox(containerId)).path,
    sandboxPath: (containerId) => deps.backend.sandboxPath(containerId),
    attach: (record) => attachAll(deps, record),
    detach: (record) => detachAll(deps, record),
    forget: async (record) => void (await detachAll(deps, record)),
    files: (record) => containerFiles(deps, record),
    // Nothing in the kernel carries the name of a container.
    renamed: async () => undefined,
  };
}

async function attachAll(deps: NetworkDeps, record: ContainerRecord): Promise<Record<string, EndpointRecord>> {
  const gateway = gatewayName(deps, record.endpoints);
  const attached: Record<string, EndpointRecord> = {};
  try {
    for (const name of Object.keys(record.endpoints)) {
      const place = { interface: `eth${Object.keys(attached).length}`, gateway: name === gateway };
      attached[name] = await attachEndpoint(deps, record, name, place);
    }
  } catch (error) {
    await detachAll(deps, { ...record, endpoints: attached });
    throw error;
  }
  return attached;
}

/** The namespace goes with everything in it, in the background. */
async function detachAll(deps: NetworkDeps, record: ContainerRecord): Promise<Record<string, EndpointRecord>> {
  const resting: Record<string, EndpointRecord> = {};
  for (const name of Object.keys(record.endpoints)) {
    const endpoint = await detachEndpoint(deps, record, name, { live: false });
    if (endpoint !== undefined) resting[name] = endpoint;
  }
  await deps.backend.removeSandbox(record.id);
  return resting;
}
