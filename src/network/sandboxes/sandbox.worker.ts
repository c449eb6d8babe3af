import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { errnoOf, messageOf } from '../../base/errors.ts';
import { createNetns, removeNetns } from '../../host/namespaces.ts';
import { setLink } from '../../host/netlink/requests.ts';
import { RouteSocket } from '../../host/netlink/socket.ts';
import { writeSysctl } from '../../host/sysctl.ts';
import { removeLinks } from '../bridge/bridge.ts';
import type { JobAnswer, JobMessage, SandboxJob } from './jobs.ts';

/** The thread in which the kernel may take its time: namespaces and links are made and removed here, off the event loop. */
parentPort?.on('message', ({ number, job }: JobMessage) => {
  const answer: JobAnswer = { number };
  try {
    perform(job);
  } catch (error) {
    answer.error = { message: messageOf(error), code: errnoOf(error) };
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(answer);
});

function perform(job: SandboxJob): void {
  switch (job.kind) {
    case 'create':
      return createNetns(job.path, configureSandbox);
    case 'remove':
      return job.paths.forEach((path) => {
        removeNetns(path);
        rmSync(dirname(path), { recursive: true, force: true });
      });
    case 'deleteLinks': {
      using route = new RouteSocket();
      return removeLinks(route, job.names);
    }
  }
}

/** lo is up, with ::1 where the kernel has IPv6; other links get IPv6 only when their network has it. */
function configureSandbox(): void {
  using route = new RouteSocket();
  route.run(setLink('lo', { up: true }));
  writeSysctl('net/ipv6/conf/default/disable_ipv6', '1');
}
