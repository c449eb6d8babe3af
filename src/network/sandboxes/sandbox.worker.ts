import { closeSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { errnoOf, messageOf } from '../../base/errors.ts';
import { createNetns, removeNetns } from '../../host/namespaces.ts';
import { addVeth, setLink } from '../../host/netlink/requests.ts';
import { RouteSocket } from '../../host/netlink/socket.ts';
import { writeSysctl } from '../../host/sysctl.ts';
import { removeGroup, removeLinks } from '../bridge/bridge.ts';
import type { JobAnswer, JobMessage, SandboxJob, Wire } from './jobs.ts';

/** The thread in which the kernel may take its time: namespaces and links are made and removed here, off the event loop. */
parentPort?.on('message', ({ number, job }: JobMessage) => {
  const answer: JobAnswer = { number };
  try {
    const wire = perform(job);
    if (wire !== undefined) answer.wire = wire;
  } catch (error) {
    answer.error = { message: messageOf(error), code: errnoOf(error) };
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(answer);
});

function perform(job: SandboxJob): Wire | undefined {
  switch (job.kind) {
    case 'create':
      return create(job);
    case 'remove':
      for (const path of job.paths) {
        removeNetns(path);
        rmSync(dirname(path), { recursive: true, force: true });
      }
      return undefined;
    case 'deleteLinks': {
      using route = new RouteSocket();
      removeLinks(route, job.names, job.leavingGroup);
      return undefined;
    }
    case 'deleteGroup': {
      using route = new RouteSocket();
      removeGroup(route, job.group);
      return undefined;
    }
  }
}

function create({ path, wire }: Extract<SandboxJob, { kind: 'create' }>): Wire | undefined {
  let inside: RouteSocket | undefined;
  try {
    createNetns(path, () => {
      inside = new RouteSocket();
      configureSandbox(inside);
    });
    return wire === undefined || inside === undefined ? undefined : connect(path, wire, inside);
  } catch (error) {
    removeNetns(path);
    throw error;
  } finally {
    inside?.close();
  }
}

/** lo is up, with ::1 where the kernel has IPv6; other links get IPv6 only when their network has it. */
function configureSandbox(route: RouteSocket): void {
  route.run(setLink('lo', { up: true }));
  writeSysctl('net/ipv6/conf/default/disable_ipv6', '1');
}

function connect(path: string, { name, group }: { name: string; group: number }, inside: RouteSocket): Wire {
  using route = new RouteSocket();
  const netnsFd = openSync(path, 'r');
  try {
    route.run(addVeth({ name, group }, { name: 'eth0', netnsFd }));
  } finally {
    closeSync(netnsFd);
  }
  const port = route.link(name);
  const link = inside.link('eth0');
  if (port === undefined || link === undefined) throw new Error(`the link ${name} vanished while it was made`);
  route.run(setLink(port.index, { noLinkLocal: true }));
  return { port: port.index, link: link.index, socket: inside.release() };
}
