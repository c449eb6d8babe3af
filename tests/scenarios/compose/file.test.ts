/** What a compose file can ask for, as Compose 2 asks the engine for it, and what the container then sees. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Stage } from '../stage.ts';
import { missingCompose, Project } from './project.ts';

describe('a compose file', { skip: missingCompose }, () => {
  let stage: Stage;
  let project: Project;
  before(async () => {
    stage = await Stage.withImage();
    await stage.ok('POST', '/volumes/create', { Name: 'from-outside' });
    project = new Project(stage, { 'compose.yaml': readFileSync(join(import.meta.dirname, 'file.yaml'), 'utf8'), '.env': 'FROM_ENV=outer\n', 'service.env': 'FILE=given\nEMPTY=\n', 'secret.txt': 'hush\n', 'site/index.html': 'hello\n' });
    await project.ok('up', '--detach', '--wait', '--wait-timeout', '60');
  });
  after(async () => {
    await project.down();
    await stage.ok('DELETE', '/volumes/from-outside');
    await stage[Symbol.asyncDispose]();
  });

  const said = async (service: string, script: string): Promise<string> => await project.ok('exec', '-T', service, 'sh', '-c', script);
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it expects of it, and fails where it is not so
  const inspected = async (service: string): Promise<any> => await stage.ask(`/containers${project.container(service)}/json`);

  test('who it is: user, groups, names, environment, folder, limits', async () => {
    assert.equal(await said('limits', 'id -u; id -G; hostname; pwd; echo $FROM $FILE $OWN; ulimit -n; cat /proc/sys/net/core/somaxconn; cat /proc/1/oom_score_adj'),
      '1000\n1000 44\nbox\n/work\nouter given own\n512\n700\n100\n');
    assert.equal(await said('limits', 'grep -E "CapBnd|NoNewPrivs" /proc/self/status | tr "\\t" " "'), 'CapBnd: 0000000000001001\nNoNewPrivs: 1\n');
    const { HostConfig, Config } = await inspected('limits');
    const { Memory, MemoryReservation, NanoCpus, PidsLimit, RestartPolicy, LogConfig, Init, ShmSize, CgroupnsMode } = HostConfig;
    assert.deepEqual({ Memory, MemoryReservation, NanoCpus, PidsLimit, RestartPolicy, LogConfig, Init, ShmSize, CgroupnsMode }, {
      Memory: 64 << 20, MemoryReservation: 32 << 20, NanoCpus: 500_000_000, PidsLimit: 50, RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } }, Init: true, ShmSize: 1 << 20, CgroupnsMode: 'private',
    });
    assert.deepEqual([Config.StopSignal, Config.StopTimeout, Config.Domainname, Config.Labels.tier], ['SIGUSR1', 0, 'example.test', 'front']);
  });

  test('what it reads: hosts, resolver, configs, secrets', async () => {
    const hosts = await said('limits', 'cat /etc/hosts');
    for (const pattern of [/^1\.2\.3\.4\tfixed\.test$/m, /^\d+\.\d+\.\d+\.\d+\thost\.docker\.internal$/m, /\tbox\.example\.test box$/m]) assert.match(hosts, pattern);
    assert.equal(await said('limits', 'grep -E "^(search|options)" /etc/resolv.conf'), 'search inner.test\noptions ndots:2\n');
    assert.equal(await said('limits', 'cat /etc/conf /inline /run/secrets/hush /run/secrets/renamed'), 'hush\ninline outer\nhush\nouter');
  });

  test('what is mounted: volumes, parts of them, folders, memory', async () => {
    assert.equal(await said('mounts', 'cat /site/index.html /part/deep; echo x > /made/x; echo y > /outside/y; stat -c %a /memory'), 'hello\ndeep\n1770\n');
    assert.equal(readFileSync(join(project.folder, 'made/x'), 'utf8'), 'x\n');
    for (const place of ['/site', '/again']) assert.notEqual((await project.run('exec', '-T', 'mounts', 'touch', `${place}/new`)).code, 0, place);
    assert.equal(await said('borrower', 'cat /borrowed/volume/part/deep'), 'deep\n');
    assert.match(await said('mounts', 'grep " /options " /proc/mounts'), /^tmpfs \/options tmpfs rw,.*size=1024k/);
  });

  test('which networks it is on: addresses, names, gateways', async () => {
    const { NetworkSettings: { Networks } } = await inspected('networked');
    const fixed = Networks[`${project.name}_fixed`];
    assert.deepEqual([fixed.IPAddress, fixed.GlobalIPv6Address, fixed.IPPrefixLen, fixed.MacAddress], ['10.213.93.10', 'fd00:213::10', 24, '02:42:0a:d5:5d:0a']);
    assert.deepEqual([...fixed.DNSNames].sort(), [`${project.name}-networked-1`, 'networked', 'other-name', 'box-of-its-own', (await inspected('networked')).Id.slice(0, 12)].sort());
    for (const name of ['other-name', 'box-of-its-own', 'networked']) assert.match(await said('peer', `ping -4 -c 1 -q ${name}`), /10\.213\.93\.10/, name);
    assert.equal((await said('networked', 'ip route | grep -c ^default')).trim(), '1');
    assert.equal((await said('none', 'ls /sys/class/net')).trim(), 'lo');
    assert.match((await inspected('shared')).HostConfig.NetworkMode, /^container:[0-9a-f]{64}$/);
    assert.equal(await said('shared', 'ip -o -4 addr show scope global | grep -c 10.213.93.10; hostname'), '1\nbox-of-its-own\n');
  });

  test('which processes it sees', async () => {
    assert.match(await said('shared', 'ps -o args'), /sleep 4321/);
    assert.match((await inspected('shared')).HostConfig.PidMode, /^container:/);
    assert.equal(await said('shared', 'touch /dev/shm/common') + await said('networked', 'ls /dev/shm'), 'common\n');
  });

  test('what runs beside it, and what of an image is mounted', async () => {
    assert.equal(await said('hooked', 'cat /hooked'), 'hook ran\n');
    assert.match(await said('recent', 'ls -l /image/bin/busybox; cat /image-part/passwd 2>/dev/null; ip route'), /\/image\/bin\/busybox[^]*default via 10\.213\.94\.1 /);
    await project.ok('stop', 'hooked');
    assert.equal(readFileSync(join(project.folder, 'made/stopping'), 'utf8'), 'bye\n');
  });

  test('the same file again changes nothing', async () => {
    const before = (await stage.ask<{ Id: string }[]>('/containers/json?all=1')).map(({ Id }) => Id).sort();
    await project.ok('up', '--detach', '--no-deps', 'limits', 'mounts', 'networked', 'peer', 'none');
    assert.deepEqual((await stage.ask<{ Id: string }[]>('/containers/json?all=1')).map(({ Id }) => Id).sort(), before);
  });
});
