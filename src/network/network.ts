/**
 * The kernel's side of networks: bridges, endpoints and published ports. It decides nothing about names or addresses of containers:
 * the engine hands it finished plans (addresses come from `addresses/`), and it makes the kernel look like them.
 * All of it carries the instance id in its names, so that two daemons never meet. Everything is idempotent, for restore.
 */
export interface NetworkBackend {
  /** Makes the static nft ruleset of this instance, forwarding, and reclaims what an earlier daemon left half-made. */
  prepare(known: { networks: Network[]; endpoints: Endpoint[]; /** Ids of sandboxes in use. */ sandboxes: string[] }): Promise<void>;
  createNetwork(network: Network): Promise<void>;
  removeNetwork(network: Network): Promise<void>;
  /** A network namespace for one container, bound at a path below /run; loopback is up. From a pool when one is ready. */
  createSandbox(id: string, options: {
    /** Its first endpoint will be on a bridge: the links for it come from the pool too. `attach` has to follow. */
    wired: boolean;
  }): Promise<Sandbox>;
  /** Where the namespace of that id is or would be. */
  sandboxPath(id: string): string;
  /** Subnets the host has routes to, for choosing one that is free. @param except a link whose own routes do not count */
  usedSubnets(except?: string): string[];
  /** Whether rules of another engine lead a port of the host to a container: they do so while its daemon is away, and holds no port. */
  isLedElsewhere(port: Pick<PublishedPort, 'protocol' | 'hostIp' | 'hostPort'>): boolean;
  /** Removes the namespace and everything in it; slow in the kernel, so it happens in a worker and this resolves at once. */
  removeSandbox(id: string): Promise<void>;
  /** The first name of the prefix (`eth` unless said) and a number that no link of the sandbox has. */
  freeInterface(sandbox: Sandbox, prefix?: string): string;
  /** Link, bridge port, addresses, routes; then the published ports. Undoes itself when a step fails. */
  attach(sandbox: Sandbox, endpoint: Endpoint): Promise<void>;
  /** An endpoint that is attached takes over the default route, and its ports are published. */
  becomeGateway(sandbox: Sandbox, endpoint: Endpoint): Promise<void>;
  /** Its ports lead nowhere any more; the link stays. */
  unpublish(endpoint: Endpoint): Promise<void>;
  detach(sandbox: Sandbox | undefined, endpoint: Endpoint): Promise<void>;
  /** Takes everything of the instance out of the kernel: links, namespaces, the ruleset. For tests, and for people who leave. */
  dismantle(): Promise<void>;
  /** Waits for the removals that are under way: for shutdown and the census. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface Sandbox { id: string; /** e.g. /run/gantry/netns/<id>/net */ path: string }

export type Network = BridgeNetwork | MacvlanNetwork;

/** Links of containers hang on a link of the host; what they may reach is up to the LAN, the host cannot reach them. */
export interface MacvlanNetwork {
  id: string;
  parent: {
    /** A link of the host. */
    link: string;
    /** What the engine makes of it when it is not there: a VLAN of another link, or a dummy that leads nowhere. */
    make?: { vlan: number; of: string } | 'dummy';
  };
  mode: MacvlanMode;
  ipv4?: Addressing;
  ipv6?: Addressing;
  internal: boolean;
  mtu: number;
}

/** Without a gateway nobody outside of the containers has an address there. */
export interface Addressing { subnet: string; gateway?: string }

export type MacvlanMode = 'private' | 'vepa' | 'bridge' | 'passthru';

export function isMacvlan(network: Network): network is MacvlanNetwork {
  return 'parent' in network;
}

export interface BridgeNetwork {
  id: string;
  /** Name of the bridge in the kernel, at most 15 bytes. */
  bridge: string;
  /** The bridge has no IPv4 address on the host: the gateway is somewhere else. */
  inhibitIpv4?: boolean;
  ipv4?: Addressing;
  ipv6?: Addressing;
  internal: boolean;
  masquerade: boolean;
  /** What a family's gateway does for the outside; it translates unless said. */
  gatewayModes?: { ipv4?: GatewayMode; ipv6?: GatewayMode };
  /** Links of the host from which what containers publish is reached at their own addresses, too. */
  trustedLinks?: string[];
  /** The source of what goes out, in the place of the address of the link by which it leaves. */
  sources?: { ipv4?: string; ipv6?: string };
  /** Containers of this network may talk to each other. */
  icc: boolean;
  mtu: number;
}

/**
 * `nat` translates, and lets nothing else in; `nat-unprotected` lets everything in that is routed to a container; `routed` translates nothing, and lets in what is published,
 * at the container's own address; `isolated` has no address on the host: for internal networks only.
 */
export type GatewayMode = 'nat' | 'nat-unprotected' | 'routed' | 'isolated';

export interface Endpoint {
  id: string;
  network: Network;
  /** Name inside the container: eth0, eth1 … */
  interface: string;
  macAddress: string;
  /** With prefix length, `172.17.0.2/16`. */
  ipv4?: string;
  ipv6?: string;
  /** Further addresses, with prefix length. */
  linkLocal?: string[];
  /** Settings of the link, by path below /proc/sys; `IFNAME` in it stands for the link's name. */
  sysctls?: Record<string, string>;
  /** This endpoint gives the default route: of the families that it has, or of the one that the container's gateway lacks. */
  defaultRoute: boolean | 'ipv4' | 'ipv6';
  ports: PublishedPort[];
}

/** One concrete port; ranges and ephemeral ports are resolved before. */
export interface PublishedPort {
  protocol: 'tcp' | 'udp' | 'sctp';
  containerPort: number;
  hostIp: string;
  /** 0 where nothing is translated: the container is reached at its own address and port. */
  hostPort: number;
}
