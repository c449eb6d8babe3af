import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { errnoOf, GantryError, isGantryError, messageOf } from '../base/errors.ts';
import { withNetns } from '../host/namespaces.ts';
import { RouteSocket } from '../host/netlink/socket.ts';
import { ensureBridge } from './bridge/bridge.ts';
import { plug } from './bridge/endpoint.ts';
import { enableForwarding } from './bridge/forwarding.ts';
import { linkGroup, vethName } from './bridge/names.ts';
import { Firewall } from './firewall/firewall.ts';
import type { BridgeNetwork, Endpoint, NetworkBackend, Sandbox } from './network.ts';
import { Sandboxes } from './sandboxes/sandboxes.ts';
import { SandboxWorker } from './sandboxes/worker-client.ts';

export interface NetworkBackendOptions {
  instanceId: string;
  /** On a tmpfs, e.g. /run/gantry. Namespaces are bound below `netns/`. */
  runDirectory: string;
  log: Log;
  /** Namespaces kept ready. */
  poolSize?: number;
}

/** The kernel side of networks, in the network namespace of the calling thread. */
export function createNetworkBackend({ instanceId, runDirectory, log, poolSize = 8 }: NetworkBackendOptions): NetworkBackend {
  const group = linkGroup(instanceId);
  const worker = new SandboxWorker();
  const sandboxes = new Sandboxes({ directory: join(runDirectory, 'netns'), worker, log, poolSize });
  const firewall = new Firewall(instanceId);
  let route: RouteSocket | undefined;
  const kernel = (): RouteSocket => (route ??= new RouteSocket());
  const removals = new Set<Promise<void>>();

  /** Only those that are ours, and in the worker: the kernel takes about 20 ms for a link. */
  const deleteLinks = (wanted: string[]): Promise<void> => {
    const names = wanted.filter((name) => kernel().link(name)?.group === group);
    const removal = worker.do({ kind: 'deleteLinks', names })
      .catch((error: unknown) => log.warn('links could not be removed', { names, error: messageOf(error) }))
      .finally(() => removals.delete(removal));
    removals.add(removal);
    return removal;
  };

  const reclaimLinks = async (known: { networks: BridgeNetwork[]; endpoints: Endpoint[] }): Promise<void> => {
    const names = new Set([...known.networks.map((network) => network.bridge), ...known.endpoints.map((endpoint) => vethName(endpoint.id))]);
    const strangers = kernel().links().filter((link) => link.group === group && !names.has(link.name));
    if (strangers.length > 0) await deleteLinks(strangers.map((link) => link.name));
  };

  return {
    async prepare(known) {
      enableForwarding(runDirectory, log, { ipv6: known.networks.some((network) => network.ipv6 !== undefined) });
      firewall.replace(known.networks, known.endpoints);
      for (const network of known.networks) await translated(`network ${network.bridge}`, () => ensureBridge(kernel(), network, group));
      sandboxes.reclaim(new Set(known.sandboxes));
      await reclaimLinks(known);
      sandboxes.fill();
    },

    async createBridge(network) {
      if (network.ipv6 !== undefined) enableForwarding(runDirectory, log, { ipv6: true });
      firewall.addNetwork(network);
      try {
        await translated(`network ${network.bridge}`, () => ensureBridge(kernel(), network, group));
      } catch (error) {
        firewall.removeNetwork(network);
        await deleteLinks([network.bridge]);
        throw error;
      }
    },

    async removeBridge(network) {
      await deleteLinks([network.bridge]);
      firewall.removeNetwork(network);
    },

    createSandbox: (id) => sandboxes.create(id),
    sandboxPath: (id) => sandboxes.path(id),
    usedSubnets: () => kernel().routes().map((route) => route.destination),
    removeSandbox: async (id) => sandboxes.remove(id),

    freeInterface: (sandbox) => withNetns(sandbox.path, () => {
      using inside = new RouteSocket();
      const names = new Set(inside.links().map((link) => link.name));
      for (let number = 0; ; number++) if (!names.has(`eth${number}`)) return `eth${number}`;
    }),

    async attach(sandbox, endpoint) {
      try {
        await plugAnew(sandbox, endpoint);
        firewall.publish(endpoint);
      } catch (error) {
        await deleteLinks([vethName(endpoint.id)]);
        throw error;
      }
    },

    async detach(sandbox, endpoint) {
      firewall.unpublish(endpoint);
      if (sandbox !== undefined) await deleteLinks([vethName(endpoint.id)]);
    },

    async settle() {
      await sandboxes.settle();
      await Promise.all(removals);
    },

    async close() {
      await sandboxes.close();
      await Promise.all(removals);
      await worker.close();
      firewall.close();
      route?.close();
      route = undefined;
    },
  };

  /** A pair of that name is left from a start that was cut off. */
  async function plugAnew(sandbox: Sandbox, endpoint: Endpoint): Promise<void> {
    try {
      plug(kernel(), sandbox.path, endpoint, group);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw translate(`endpoint ${endpoint.interface}`, error);
      await deleteLinks([vethName(endpoint.id)]);
      await translated(`endpoint ${endpoint.interface}`, () => plug(kernel(), sandbox.path, endpoint, group));
    }
  }
}

async function translated<T>(subject: string, act: () => T): Promise<T> {
  try {
    return act();
  } catch (error) {
    throw translate(subject, error);
  }
}

function translate(subject: string, error: unknown): GantryError {
  if (isGantryError(error)) return error;
  return new GantryError('internal', `${subject}: ${messageOf(error)}`, { cause: error });
}
