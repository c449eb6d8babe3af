import { GantryError, messageOf } from '../../base/errors.ts';
import { shortId } from '../../base/ids.ts';
import type { ContainerRecord } from '../containers/record.ts';
import type { NetworkDeps } from './deps.ts';
import { isLive } from './deps.ts';

/** `--link container:alias`; without an alias it is the container's name. Docker's own form in records is `/container:/parent/alias`. */
export function parseLink(text: string): { container: string; alias: string } {
  const [container = '', alias] = text.split(':');
  const name = container.replace(/^\//, '');
  return { container: name, alias: (alias ?? name).split('/').at(-1) ?? name };
}

/** @throws invalid when a container that is to be linked does not exist, as Docker calls it */
export function checkLinks(deps: Pick<NetworkDeps, 'containers'>, links: readonly string[]): void {
  for (const text of links) {
    if (text === '') throw new GantryError('invalid', 'empty string specified for links');
    const { container, alias } = parseLink(text);
    if (container === '' || alias === '' || text.split(':').length > 2) throw new GantryError('invalid', `bad format for links: ${text}`);
    try {
      deps.containers.find(container);
    } catch (error) {
      throw new GantryError('invalid', `could not get container for ${container}: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** By the ids of the containers. @throws invalid as checkLinks() */
export function linksById(deps: Pick<NetworkDeps, 'containers'>, links: readonly string[]): string[] {
  checkLinks(deps, links);
  return links.map(parseLink).map(({ container, alias }) => `${deps.containers.find(container).id}:${alias}`);
}

/** @returns undefined when the container has no link of that alias */
export function linksWithout({ hostConfig: { links = [] } }: Pick<ContainerRecord, 'hostConfig'>, alias: string): string[] | undefined {
  const left = links.filter((text) => parseLink(text).alias !== alias);
  return left.length === links.length ? undefined : left;
}

/** `/database:/web/db`, as records of Docker have them. */
export function shownLinks(deps: Pick<NetworkDeps, 'containers'>, record: Pick<ContainerRecord, 'name' | 'hostConfig'>): string[] {
  return (record.hostConfig.links ?? []).map(parseLink).flatMap(({ container, alias }) => {
    const child = existing(deps, container);
    return child === undefined ? [] : [`/${child.name}:/${record.name}/${alias}`];
  });
}

export interface LinkedContainer { alias: string; record: ContainerRecord; address: string }

/** The containers that one on the default bridge is linked to. @throws invalid when one is not running, internal, as Docker, when one is elsewhere */
export function linkedContainers(deps: Pick<NetworkDeps, 'containers'>, record: ContainerRecord): LinkedContainer[] {
  return (record.hostConfig.links ?? []).map((text) => {
    const { container, alias } = parseLink(text);
    const child = existing(deps, container);
    if (child === undefined || !isLive(child)) throw new GantryError('invalid', `Cannot link to a non running container: /${child?.name ?? container} AS /${record.name}/${alias}`);
    const address = child.endpoints['bridge']?.ipv4?.split('/')[0];
    if (address === undefined) throw new GantryError('internal', `container ${child.id} not attached to default bridge network`);
    return { alias, record: child, address };
  });
}

function existing(deps: Pick<NetworkDeps, 'containers'>, container: string): ContainerRecord | undefined {
  try {
    return deps.containers.find(container);
  } catch {
    return undefined; // it was removed
  }
}

/** Lines of /etc/hosts. */
export function linkHosts(links: LinkedContainer[]): [address: string, names: string][] {
  return links.map(({ alias, record, address }) => {
    const names = [alias, record.config.hostname ?? '', shortId(record.id), record.name];
    return [address, [...new Set(names.filter((name) => name !== ''))].join(' ')];
  });
}

/** What programs of old read: `DB_NAME`, `DB_PORT_5432_TCP_ADDR`, the other's own environment as `DB_ENV_…`. */
export function linkEnvironment(parent: string, links: LinkedContainer[]): string[] {
  return links.flatMap(({ alias, record, address }) => {
    const prefix = alias.replaceAll('-', '_').toUpperCase();
    const ports = Object.keys(record.config.exposedPorts ?? {}).map((port) => {
      const [number = '', protocol = 'tcp'] = port.split('/');
      return { number, protocol };
    }).toSorted((one, other) => Number(one.number) - Number(other.number));
    const url = ({ number, protocol }: { number: string; protocol: string }): string => `${protocol}://${address}:${number}`;
    return [
      `${prefix}_NAME=/${parent}/${alias}`,
      ...(ports[0] === undefined ? [] : [`${prefix}_PORT=${url(ports[0])}`]),
      ...ports.flatMap((port) => {
        const name = `${prefix}_PORT_${port.number}_${port.protocol.toUpperCase()}`;
        return [`${name}=${url(port)}`, `${name}_ADDR=${address}`, `${name}_PORT=${port.number}`, `${name}_PROTO=${port.protocol}`];
      }),
      ...(record.config.env ?? []).filter((entry) => !/^(PATH|HOME|HOSTNAME)=/.test(entry)).map((entry) => `${prefix}_ENV_${entry}`),
    ];
  });
}
