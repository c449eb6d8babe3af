import { matchesLabels, matchesPattern, readFilters, type ReadFilters } from '../filters.ts';
import { GantryError } from '../../base/errors.ts';
import type { ContainerDeps } from './deps.ts';
import { linkNames } from './link-names.ts';
import { listedMounts } from './mounts/listed.ts';
import { portFilter, type PortFilter } from './port-filter.ts';
import type { ContainerRecord } from './record.ts';
import { dockerStatus, isAlive, shownState } from './transition.ts';
import type { ContainerSummary, ContainerVerbs } from './verbs.ts';

const keys = ['ancestor', 'before', 'expose', 'exited', 'health', 'id', 'isolation', 'is-task', 'label', 'name', 'network', 'publish', 'since', 'status', 'volume'];
const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];
const healths = ['none', 'starting', 'healthy', 'unhealthy'];

/** Newest first. A filter by status shows stopped containers too. The filter `isolation` is for Windows: here it says nothing. */
export async function list(deps: ContainerDeps, options: Parameters<ContainerVerbs['list']>[0]): Promise<ContainerSummary[]> {
  const filters = readFilters(options.filters, keys);
  const passes = containerFilter(deps, filters);
  const showAll = options.all || options.limit > 0 || filters.values('status').length > 0;
  const records = deps.catalog.all()
    .filter((record) => showAll || isShown(record))
    .filter(passes)
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0));
  const chosen = options.limit > 0 ? records.slice(0, options.limit) : records;
  const [imageName, links] = [imageNames(deps), linkNames(deps.catalog.all())];
  return await Promise.all(chosen.map(async (record) => ({
    record,
    names: [record.name, ...links.get(record.id) ?? []].toSorted(),
    imageName: imageName(record),
    endpoints: record.endpoints,
    health: deps.health.statusOf(record.id)?.status,
    ...(options.size ? { size: await sizeOf(deps, record) } : {}),
  })));
}

/** Many containers come from few images: each is looked up once a list. */
function imageNames({ images }: Pick<ContainerDeps, 'images'>): (record: ContainerRecord) => string {
  const names = new Map<string, string>();
  return ({ image: { id, reference } }) => {
    const key = `${id} ${reference}`;
    const name = names.get(key) ?? images.nameOf(id, reference);
    names.set(key, name);
    return name;
  };
}

export async function sizeOf(deps: ContainerDeps, record: ContainerRecord): Promise<{ rw: number; rootFs: number }> {
  const rw = await deps.rootfs.usage(record.id);
  return { rw, rootFs: rw + await deps.imageBytes(record.layers) };
}

function isShown(record: ContainerRecord): boolean {
  return ['running', 'paused', 'restarting'].includes(dockerStatus(record.state));
}

function hasExited({ state }: ContainerRecord, code: number): boolean {
  const shown = shownState(state);
  return dockerStatus(shown) === 'exited' && shown.status === 'exited' && shown.exitCode === code;
}

/** One test from all filters; names of containers and images in them are looked up once. @throws invalid, notFound */
function containerFilter(deps: ContainerDeps, filters: ReadFilters): (record: ContainerRecord) => boolean {
  checkValues(filters);
  const before = filters.values('before').map((name) => deps.catalog.find(name).createdAt);
  const since = filters.values('since').map((name) => deps.catalog.find(name).createdAt);
  const isPublished = portTest(filters);
  const ancestors = filters.values('ancestor').map((name) => ancestorTest(deps, name));
  return (record) =>
    filters.some('id', (value) => record.id.startsWith(value))
    && filters.some('name', (value) => matchesPattern([record.name, `/${record.name}`], value))
    && matchesLabels(record.config.labels, filters.values('label'))
    && filters.some('status', (value) => value === (record.removing ? 'removing' : dockerStatus(record.state)))
    && filters.some('exited', (value) => hasExited(record, Number(value)))
    && filters.some('health', (value) => value === (deps.health.statusOf(record.id)?.status ?? 'none'))
    && filters.some('network', (value) => Object.entries(record.endpoints).some(([name, endpoint]) => name === value || endpoint.networkId.startsWith(value)))
    && filters.some('volume', (value) => listedMounts(record).some((mount) => mount.name === value || mount.destination === value || mount.source === value))
    && isPublished(record)
    && filters.flag('is-task') !== true
    && before.every((time) => record.createdAt < time)
    && since.every((time) => record.createdAt > time)
    && (ancestors.length === 0 || ancestors.some((test) => test(record)));
}

function checkValues(filters: ReadFilters): void {
  const refuse = (key: string, value: string, why: string): never => { throw new GantryError('invalid', `invalid filter '${key}=${value}': ${why}`); };
  const oneOf = (key: string, what: string, words: readonly string[]): void => {
    for (const value of filters.values(key)) if (!words.includes(value)) refuse(key, value, `invalid value for ${what} (${value}): must be one of ${words.join(', ')}`);
  };
  oneOf('status', 'state', statuses);
  oneOf('health', 'health', healths);
  filters.flag('is-task');
  for (const value of filters.values('exited')) if (!/^[+-]?\d+$/.test(value)) refuse('exited', value, `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
}

/** By the ports it has now, on the host (`publish`) or of its own (`expose`): one that does not run has none. Either is enough. */
function portTest(filters: ReadFilters): (record: ContainerRecord) => boolean {
  const [publish, expose] = (['publish', 'expose'] as const).map((key) => filters.values(key).map((value) => portFilter(key, value))) as [PortFilter[], PortFilter[]];
  return (record) => {
    const published = Object.values(record.endpoints).flatMap(({ ports }) => ports);
    const own = isAlive(record.state) ? [...Object.keys(record.config.exposedPorts ?? {}), ...published.map((port) => `${port.containerPort}/${port.protocol}`)] : [];
    const onHost = published.filter((port) => port.hostPort !== 0).map((port) => `${port.hostPort}/${port.protocol}`);
    const found = [...publish.map((isMeant) => isMeant(onHost)), ...expose.map((isMeant) => isMeant(own))];
    return found.length === 0 || found.some(Boolean);
  };
}

function ancestorTest(deps: ContainerDeps, name: string): (record: ContainerRecord) => boolean {
  try {
    const image = deps.images.resolve(name);
    const top = image.layers.at(-1)?.chainId;
    return (record) => record.image.id === image.id || (top !== undefined && record.layers.includes(top));
  } catch (error) {
    // An image nobody has is nobody's ancestor.
    return (record) => error !== undefined && record.image.reference === name;
  }
}
