import { defaultPools, type AddressPool } from '../../network/addresses/choose.ts';

/** What the owner of the host says about networks, once for all. */
export interface NetworkSettings {
  /** Where subnets come from for networks that name none, per family. */
  pools: readonly AddressPool[];
  /** IPv6 subnets are unique local ones of the network's own without these. */
  pools6: readonly AddressPool[];
  defaultBridge: DefaultBridgeSettings;
  /** Options of networks that do not say otherwise, by driver. */
  networkOptions: Record<string, Record<string, string>>;
  /** For containers that do not say otherwise; empty lists are the host's. */
  dns: string[];
  dnsSearch: string[];
  dnsOptions: string[];
  /** What `host-gateway` stands for; the default bridge's addresses where it is empty. */
  hostGateways: string[];
  /** Ports are passed on between families of addresses. */
  relay: boolean;
}

/** What is not said stays as it is, or is Docker's default. */
export interface DefaultBridgeSettings {
  /** Address of the host with prefix length, which makes the subnet. */
  address?: string;
  range?: string;
  ipv6?: boolean;
  subnet6?: string;
  icc: boolean;
  masquerade: boolean;
  mtu: number;
  /** Where ports are published that name no address. */
  hostIp: string;
}

export const defaultNetworkSettings: NetworkSettings = {
  pools: defaultPools, pools6: [], defaultBridge: { icc: true, masquerade: true, mtu: 1500, hostIp: '0.0.0.0' },
  networkOptions: {}, dns: [], dnsSearch: [], dnsOptions: [], hostGateways: [], relay: true,
};
