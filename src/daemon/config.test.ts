import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { instanceIdOf, readConfig, type DaemonConfig } from './config.ts';
import { parseAddress } from './addresses.ts';

describe('readConfig()', () => {
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'gantry-config-')); });
  after(() => rmSync(folder, { recursive: true }));
  const write = (content: unknown): string => {
    const path = join(folder, 'daemon.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const read = (...argv: string[]): DaemonConfig => {
    const config = readConfig(argv);
    assert.ok(typeof config !== 'string');
    return config;
  };

  test('has defaults for all, and listens in the run folder', () => {
    const config = read('--config-file', write({}), '--run', '/run/other');
    assert.deepEqual([config.root, config.hosts, config.logLevel, config.stopTimeoutSeconds, config.tls], ['/var/lib/gantry', ['unix:///run/other/gantry.sock'], 'info', 10, undefined]);
  });

  test('takes Docker\'s keys and its own from the file, and flags beside them', () => {
    const path = write({ 'data-root': '/d', hosts: ['unix:///s'], 'log-opts': { 'max-size': '1m' }, runtimes: { mine: { path: '/bin/mine' } }, 'live-restore': true, labels: ['a=b'] });
    const config = read('--config-file', path, '-D', '--log-format', 'json');
    assert.deepEqual([config.root, config.hosts, config.logOptions, config.labels, config.logLevel, config.logFormat, config.runtimes], ['/d', ['unix:///s'], { 'max-size': '1m' }, ['a=b'], 'debug', 'json', { mine: { path: '/bin/mine' } }]);
  });

  const refused: [string, unknown, string[], RegExp][] = [
    ['unknown keys, all at once', { colour: 'red', debug: true, size: 1 }, [], /don't match any configuration option: colour, size$/],
    ['a value of the wrong kind', { hosts: 'unix:///s' }, [], /hosts cannot be "unix:\/\/\/s"/],
    ['what is no JSON', '{', [], /unable to configure the Docker daemon with file/],
    ['a list', [], [], /must hold one object/],
    ['a setting given twice', { group: 'a' }, ['--group', 'b'], /are specified both as a flag and in the configuration file: group: \(from flag: b, from file: a\)$/],
    ['lists given twice', { hosts: ['unix:///x'], labels: ['a=b'] }, ['-H', 'unix:///y', '--label', 'c=d'], /hosts: \(from flag: \[unix:\/\/\/y\], from file: \[unix:\/\/\/x\]\), labels: \(from flag: \[c=d\], from file: \[a=b\]\)$/],
    ['a setting given twice by its two names', { 'data-root': '/a' }, ['--root', '/b'], /root: \(from flag: \/b, from file: \/a\)$/],
    ['two names of one setting in one place', {}, ['--root', '/a', '--data-root', '/b'], /flags: data-root and root are one setting/],
    ['a label without a value', { labels: ['ab'] }, [], /bad attribute format: ab/],
    ['two values of one label', {}, ['--label', 'a=b', '--label', 'a=c'], /conflict labels for a=c and a=b/],
    ['tcp without TLS, before anything starts', { hosts: ['tcp://127.0.0.1:1'] }, [], /refusing to serve the API on tcp:\/\/127\.0\.0\.1:1 without TLS/],
    ['an address that is none', {}, ['-H', 'fd://'], /expected unix:\/\/\/path or tcp:\/\/address:port/],
    ['an unknown flag', {}, ['--colour'], /Unknown option '--colour'/],
    ['a relative root', {}, ['--root', 'here'], /root must be an absolute path/],
    ['the root directory', {}, ['--root', '/'], /root cannot be \//],
    ['an unknown level', {}, ['--log-level', 'loud'], /^invalid logging level: loud$/],
    ['TLS without a key', {}, ['--tls', '--tlscert', '/c'], /TLS needs --tlskey/],
    ['--tlsverify without an authority', {}, ['--tlsverify', '--tlscert', '/c', '--tlskey', '/k'], /TLS needs --tlscacert/],
    ['live-restore off: containers always outlive the daemon', { 'live-restore': false }, [], /live-restore cannot be false: here it is always true/],
    ['iptables off, and says why', { iptables: false }, [], /^iptables cannot be false: here it is always true \(published ports, masquerading and/],
    ['iptables off by a flag', {}, ['--iptables=false'], /^iptables cannot be false/],
    ['a setting of Docker\'s that there is not here', { 'userns-remap': 'default' }, [], /^userns-remap is not supported by this engine: "default"$/],
    ['fewer than no downloads at a time', { 'max-concurrent-downloads': -1 }, [], /^invalid max concurrent downloads: -1$/],
    ['a feature that there is not here', { features: { 'containerd-snapshotter': false, buildkit: true } }, [], /^features: buildkit is not supported by this engine$/],
    ['an unknown format of the log', { 'log-format': 'x' }, [], /^invalid log format: x$/],
    ['another storage driver', {}, ['-s', 'btrfs'], /^storage-driver cannot be "btrfs": here it is always "overlay2"/],
    ['default limits given twice', { 'default-ulimits': { nofile: { Name: 'nofile', Hard: 10, Soft: 5 } } }, ['--default-ulimit', 'nofile=1:2'], /default-ulimits: \(from flag: map\[nofile:map\[Hard:2 Name:nofile Soft:1\]\], from file: map\[nofile:map\[Hard:10 Name:nofile Soft:5\]\]\)$/],
    ['a limit that is no object', { 'default-ulimits': { nofile: '10:20' } }, [], /default-ulimits cannot be \{"nofile":"10:20"\}$/],
    ['options of exec that contradict this engine', {}, ['--exec-opt', 'native.cgroupdriver=systemd'], /native\.cgroupdriver option systemd is not supported by this engine/],
    ['a time that is none', {}, ['--shutdown-timeout', 'soon'], /shutdown-timeout must be a number of seconds, and not soon/],
  ];
  for (const [title, file, argv, message] of refused) {
    test(`refuses ${title}`, () => assert.throws(() => readConfig(['--config-file', write(file), ...argv]), { message }));
  }
});

test('readConfig() takes what is always so, and an empty file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-config-'));
  const path = join(folder, 'daemon.json');
  try {
    for (const text of ['', ' \n', '{"storage-driver": "overlay2", "userland-proxy": false, "live-restore": true}', '{"features": {}, "storage-opts": [], "userns-remap": "", "raw-logs": true}']) {
      writeFileSync(path, text);
      assert.equal(typeof readConfig(['--config-file', path]), 'object');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('readConfig() takes null and what is empty for nothing said, as Docker does', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-config-'));
  const path = join(folder, 'daemon.json');
  try {
    writeFileSync(path, '{}');
    const nothing = readConfig(['--config-file', path]);
    for (const settings of [
      { labels: null, debug: null, 'default-ulimits': null, runtimes: null, features: null, iptables: null },
      { 'data-root': '', 'exec-root': '', 'default-runtime': '', 'log-driver': '', 'log-level': '', 'log-format': '', 'init-path': '', pidfile: '', hosts: [] },
      { hosts: [''], features: { buildkit: false } },
    ]) {
      writeFileSync(path, JSON.stringify(settings));
      assert.deepEqual(readConfig(['--config-file', path]), nothing);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('readConfig() reads the defaults of containers alike from flags and from the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-config-'));
  const path = join(folder, 'daemon.json');
  try {
    writeFileSync(path, JSON.stringify({
      'default-ulimits': { nofile: { Name: 'nofile', Soft: 1, Hard: 2 } }, 'default-shm-size': '8m', 'default-ipc-mode': 'shareable', 'default-cgroupns-mode': 'private', 'no-new-privileges': true,
      'cgroup-parent': '/p', 'seccomp-profile': 'unconfined', 'exec-opts': ['native.cgroupdriver=cgroupfs'], 'shutdown-timeout': -1, runtimes: { a: { path: '/a' } }, iptables: true,
    }));
    const file = readConfig(['--config-file', path]);
    writeFileSync(path, '{"runtimes": {"a": {"path": "/a"}}}');
    const flags = readConfig([
      '--config-file', path, '--default-ulimit', 'nofile=1:2', '--default-shm-size', '8m', '--default-ipc-mode', 'shareable', '--default-cgroupns-mode', 'private', '--no-new-privileges',
      '--cgroup-parent', '/p', '--seccomp-profile', 'unconfined', '--exec-opt', 'native.cgroupdriver=cgroupfs', '--shutdown-timeout=-1', '--iptables', '--live-restore=true',
    ]);
    assert.deepEqual(flags, file);
    assert.equal((flags as DaemonConfig).shutdownTimeoutSeconds, Infinity);
    const both = readConfig(['--config-file', path, '--add-runtime', 'b=/b']) as DaemonConfig;
    assert.deepEqual(both.runtimes, { a: { path: '/a' }, b: { path: '/b' } });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('instanceIdOf() differs by root', () => {
  assert.match(instanceIdOf('/a'), /^[0-9a-f]{8}$/);
  assert.notEqual(instanceIdOf('/a'), instanceIdOf('/b'));
});

test('parseAddress() reads unix and tcp addresses', () => {
  assert.deepEqual(parseAddress('unix:///run/x.sock'), { kind: 'unix', path: '/run/x.sock' });
  assert.deepEqual(parseAddress('tcp://0.0.0.0:2375'), { kind: 'tcp', host: '0.0.0.0', port: 2375 });
  assert.deepEqual(parseAddress('tcp://[::1]:2376/'), { kind: 'tcp', host: '::1', port: 2376 });
  assert.deepEqual(parseAddress('tcp://:2376'), { kind: 'tcp', host: '127.0.0.1', port: 2376 });
});
for (const wrong of ['unix://here', `unix:///${'x'.repeat(110)}`, 'tcp://host', 'tcp://host:99999', 'fd://', '/run/x', 'tcp://a/b:1']) {
  test(`parseAddress() refuses ${wrong.slice(0, 30)}`, () => assert.throws(() => parseAddress(wrong), /^GantryError/));
}
