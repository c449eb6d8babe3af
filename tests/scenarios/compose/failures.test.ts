/** What goes wrong in a project of Compose 2, and what the person reads. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Stage } from '../stage.ts';
import { missingCompose, Project } from './project.ts';

const image = 'gantry/busybox';
const idle = 'command: sleep 1000, init: true, stop_grace_period: 0s';

interface Failure {
  title: string;
  /** The services, as flow maps of YAML, and what else the file has. */
  services: Record<string, string>;
  more?: string;
  words?: readonly string[];
  code?: number;
  says: RegExp;
}

const failures: readonly Failure[] = [
  { title: 'an image that is not there, and is not to be pulled', services: { a: 'image: "gantry/none:1"' }, words: ['up', '--detach', '--pull', 'never'], says: /No such image: gantry\/none:1/ },
  {
    title: 'a dependency that is not well', says: /dependency failed to start: container \S+-a-1 is unhealthy/,
    services: { a: `image: ${image}, ${idle}, healthcheck: {test: ["CMD", "false"], interval: 100ms, retries: 1}`, b: `image: ${image}, depends_on: {a: {condition: service_healthy}}` },
  },
  {
    title: 'a dependency that fails', says: /service "a" didn't complete successfully: exit 3/,
    services: { a: `image: ${image}, command: sh -c "exit 3"`, b: `image: ${image}, depends_on: {a: {condition: service_completed_successfully}}` },
  },
  { title: 'a program that is not there', services: { a: `image: ${image}, command: /none` }, says: /failed to create task for container: .*exec: "\/none": stat \/none: no such file or directory/ },
  { title: 'a user that is not there', services: { a: `image: ${image}, user: nobody-here` }, says: /unable to find user nobody-here: no matching entries in passwd file/ },
  {
    title: 'a bind whose source is not to be made', says: /invalid mount config for type "bind": bind source path does not exist: \/nonexistent/,
    services: { a: `image: ${image}, volumes: [{type: bind, source: /nonexistent, target: /x, bind: {create_host_path: false}}]` },
  },
  { title: 'an external network that is not there', services: { a: `image: ${image}, networks: [n]` }, more: 'networks: {n: {external: true, name: none-such}}', says: /network none-such declared as external, but could not be found/ },
  { title: 'an external volume that is not there', services: { a: `image: ${image}, volumes: ["vol:/v"]` }, more: 'volumes: {vol: {external: true, name: none-such}}', says: /external volume "none-such" not found/ },
  {
    title: 'an address that another container has', more: 'networks: {n: {ipam: {config: [{subnet: 10.213.91.0/24}]}}}', says: /Address already in use/,
    services: { a: `image: ${image}, ${idle}, networks: {n: {ipv4_address: 10.213.91.5}}`, b: `image: ${image}, depends_on: [a], networks: {n: {ipv4_address: 10.213.91.5}}` },
  },
  { title: 'subnets that overlap', services: { a: `image: ${image}, networks: [n, m]` }, more: 'networks: {n: {ipam: {config: [{subnet: 10.213.92.0/24}]}}, m: {ipam: {config: [{subnet: 10.213.92.0/25}]}}}', says: /Pool overlaps with other one on this address space/ },
  { title: 'a driver that is not there', services: { a: `image: ${image}, networks: [n]` }, more: 'networks: {n: {driver: none-such}}', says: /plugin "none-such" not found/ },
  { title: 'a runtime that is not there', services: { a: `image: ${image}, runtime: none-such` }, says: /unknown or invalid runtime name: none-such/ },
  { title: 'a device that is not there', services: { a: `image: ${image}, devices: ["/dev/none-such"]` }, says: /error gathering device information while adding custom device "\/dev\/none-such"/ },
  { title: 'a build', services: { a: 'build: .' }, words: ['build'], says: /not supported by this engine: building images/ },
];

describe('failures in Compose 2', { skip: missingCompose }, () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.withImage();
  });
  after(() => stage[Symbol.asyncDispose]());

  for (const { title, services, more = '', words = ['up', '--detach'], code = 1, says } of failures) {
    test(title, async () => {
      const rows = Object.entries(services).map(([name, keys]) => `  ${name}: {${keys}}\n`);
      const project = new Project(stage, { 'compose.yaml': `services:\n${rows.join('')}${more}\n`, Dockerfile: `FROM ${image}\n` });
      const ended = await project.run(...words).finally(() => project.down());
      assert.match(ended.stderr + ended.stdout, says);
      assert.equal(ended.code, code);
      assert.deepEqual(await stage.containers(), []);
    });
  }

  test('a port that is taken is told, and can be had once it is free', async () => {
    const first = new Project(stage, { 'compose.yaml': `services: {a: {image: ${image}, ${idle}, ports: ["127.0.0.1::80"]}}` });
    await first.ok('up', '--detach');
    const taken = (await first.ok('port', 'a', '80')).trim();
    const second = new Project(stage, { 'compose.yaml': `services: {a: {image: ${image}, ${idle}, ports: ["${taken}:80"]}}` });
    const { code, stderr } = await second.run('up', '--detach');
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`driver failed programming external connectivity on endpoint ${second.name}-a-1 .*Bind for ${taken} failed: port is already allocated`));
    await first.down();
    await second.ok('up', '--detach');
    assert.equal((await second.ok('port', 'a', '80')).trim(), taken);
    await second.down();
  });

  test('a name that is taken is told with who has it', async () => {
    const files = { 'compose.yaml': `services: {a: {image: ${image}, ${idle}, container_name: mine}}` };
    const [first, second] = [new Project(stage, files), new Project(stage, files)];
    await first.ok('up', '--detach');
    const { code, stderr } = await second.run('up', '--detach');
    assert.equal(code, 1);
    assert.match(stderr, /Conflict\. The container name "\/mine" is already in use by container "[0-9a-f]{64}"/);
    await second.down();
    await first.down();
  });
});
