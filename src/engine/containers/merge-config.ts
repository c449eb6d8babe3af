import { posix } from 'node:path';
import type { ContainerConfig, Healthcheck } from '../../oci/container.ts';
import { GantryError } from '../../base/errors.ts';

/**
 * What a container is made of: what the person asked for, over what the image says. Lists and scalars of the request win whole;
 * environment, labels, volumes and exposed ports are merged by key. An entrypoint in the request drops the image's command; what the image
 * wants done when one is built on it is not the container's.
 */
export function mergeConfig(image: ContainerConfig, request: ContainerConfig): ContainerConfig {
  const merged: ContainerConfig = { ...request };
  merged.user = firstSaid(request.user, image.user) ?? '';
  merged.workingDir = cleanPath(firstSaid(request.workingDir, image.workingDir) ?? '');
  merged.stopSignal = firstSaid(request.stopSignal, image.stopSignal);
  merged.stopTimeout = request.stopTimeout ?? image.stopTimeout;
  merged.shell = request.shell?.length ? request.shell : image.shell;
  merged.env = mergeEnv(image.env ?? [], request.env ?? []);
  merged.labels = { ...image.labels, ...request.labels };
  merged.exposedPorts = { ...image.exposedPorts, ...request.exposedPorts };
  const volumes = { ...image.volumes, ...request.volumes };
  merged.volumes = Object.keys(volumes).length > 0 ? volumes : undefined;
  merged.healthcheck = mergeHealthcheck(image.healthcheck, request.healthcheck);
  return { ...merged, ...mergeCommand(image, request) };
}

/** `[""]` is how clients say "no entrypoint, not even the image's". */
function mergeCommand(image: ContainerConfig, request: ContainerConfig): Pick<ContainerConfig, 'entrypoint' | 'cmd' | 'argsEscaped'> {
  if (request.entrypoint?.length) {
    const cleared = request.entrypoint.length === 1 && request.entrypoint[0] === '';
    return { entrypoint: cleared ? undefined : request.entrypoint, cmd: request.cmd };
  }
  return {
    // An empty list is one too: the image's is not wanted.
    entrypoint: request.entrypoint ?? image.entrypoint,
    cmd: request.cmd?.length ? request.cmd : image.cmd,
    argsEscaped: request.cmd?.length ? request.argsEscaped : image.argsEscaped,
  };
}

/** A variable of the request replaces the image's of the same name; the image's order comes after, as Docker's does. */
export function mergeEnv(image: readonly string[], request: readonly string[]): string[] {
  const names = new Set(request.map(nameOf));
  return [...request, ...image.filter((line) => !names.has(nameOf(line)))];
}

function nameOf(line: string): string {
  const at = line.indexOf('=');
  return at === -1 ? line : line.slice(0, at);
}

function mergeHealthcheck(image: Healthcheck | undefined, request: Healthcheck | undefined): Healthcheck | undefined {
  if (request === undefined) return image;
  if (image === undefined) return request;
  return {
    test: request.test?.length ? request.test : image.test,
    interval: request.interval || image.interval,
    timeout: request.timeout || image.timeout,
    startPeriod: request.startPeriod || image.startPeriod,
    startInterval: request.startInterval || image.startInterval,
    retries: request.retries || image.retries,
  };
}

/** Without `..`, doubled slashes and one at the end. */
function cleanPath(path: string): string {
  return path === '' ? '' : posix.normalize(path).replace(/(.)\/$/, '$1');
}

function firstSaid(...values: (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}

/** The program and its arguments. @throws invalid when neither image nor person named one. */
export function commandOf(config: ContainerConfig): { path: string; args: string[] } {
  const [path, ...args] = [...(config.entrypoint ?? []), ...(config.cmd ?? [])];
  if (path === undefined) throw new GantryError('invalid', 'no command specified');
  return { path, args };
}
