import type { Agent as HttpAgent, AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { hostCertificates } from './certificates.ts';
import { isInsecure } from './hosts.ts';
import { OneBufferAgent } from './one-buffer-agent.ts';
import { proxyFor } from './proxy.ts';

/**
 * Kept-alive connections, one agent per host. What a host may see (client certificates, a waived check) is decided by
 * the host that is really asked, so a redirect takes nothing along.
 */
export interface Connections {
  agentFor(url: URL): Promise<HttpAgent>;
  close(): void;
}

export function createConnections(options: {
  insecureRegistries: string[];
  certificateFolders: string[];
  proxyEnvironment: Record<string, string | undefined>;
}): Connections {
  const agents = new Map<string, Promise<HttpAgent>>();
  const make = async (url: URL): Promise<HttpAgent> => {
    const proxy = proxyFor(url, options.proxyEnvironment);
    const common: AgentOptions = {
      keepAlive: true,
      maxSockets: 16,
      ...(proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }),
    };
    if (url.protocol === 'http:') return new OneBufferAgent(common);
    const certificates = await hostCertificates(url.host, options.certificateFolders);
    return new HttpsAgent({ ...common, ...certificates, rejectUnauthorized: !isInsecure(url.host, options.insecureRegistries) });
  };
  return {
    agentFor(url) {
      const key = url.origin;
      const known = agents.get(key);
      if (known !== undefined) return known;
      const made = make(url);
      agents.set(key, made);
      made.catch(() => agents.delete(key));
      return made;
    },
    close() {
      for (const agent of agents.values()) void agent.then((open) => open.destroy(), () => undefined);
      agents.clear();
    },
  };
}
