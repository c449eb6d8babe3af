import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { silentLog } from '../../../src/base/log.ts';
import { createNetns, removeNetns, withNetns } from '../../../src/host/namespaces.ts';
import { setLink } from '../../../src/host/netlink/requests.ts';
import { RouteSocket } from '../../../src/host/netlink/socket.ts';
import { createResolver, type Resolver } from '../../../src/network/dns/client.ts';

/** What a program in a container sends and gets: whole messages, byte by byte, as `dig` would write them. */
const asker = `
  const [transport, ...questions] = process.argv.slice(1);
  const { createSocket } = require('node:dgram');
  const { connect } = require('node:net');
  const byUdp = (question) => new Promise((resolve) => {
    const socket = createSocket('udp4', (answer) => { resolve(answer); socket.close(); });
    socket.send(question, 53, '127.0.0.11');
  });
  const byTcp = (questions) => new Promise((resolve) => {
    const socket = connect(53, '127.0.0.11');
    let received = Buffer.alloc(0);
    const answers = [];
    socket.on('data', (chunk) => {
      for (received = Buffer.concat([received, chunk]); received.length > 2 && received.length >= 2 + received.readUInt16BE(0);) {
        answers.push(received.subarray(2, 2 + received.readUInt16BE(0)));
        received = received.subarray(2 + received.readUInt16BE(0));
      }
      if (answers.length === questions.length) { resolve(answers); socket.end(); }
    });
    for (const question of questions) socket.write(Buffer.concat([Buffer.from([question.length >> 8, question.length & 255]), question]));
  });
  const messages = questions.map((text) => Buffer.from(text, 'hex'));
  (transport === 'udp' ? Promise.all(messages.map(byUdp)) : byTcp(messages)).then((answers) => console.log(JSON.stringify(answers.map((answer) => answer.toString('hex')))));`;

const type = { a: 1, ns: 2, soa: 6, ptr: 12, mx: 15, txt: 16, aaaa: 28, any: 255 } as const;

interface Asked { name: string; type?: number; class?: number; operation?: number; /** An OPT record: the size it tells, the DO bit, and a cookie as dig sends it. */ opt?: { size: number; signatures?: boolean; cookie?: boolean } }

function message({ name, type: asked = type.a, class: of = 1, operation = 0, opt }: Asked): Buffer {
  const question = Buffer.concat([...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.from([0, asked >> 8, asked & 255, of >> 8, of & 255])]);
  const cookie = opt?.cookie === true ? Buffer.from('000a00080123456789abcdef', 'hex') : Buffer.alloc(0);
  const record = opt === undefined ? Buffer.alloc(0) : Buffer.from([0, 0, 41, opt.size >> 8, opt.size & 255, 0, 0, opt.signatures === true ? 0x80 : 0, 0, 0, cookie.length, ...cookie]);
  return Buffer.concat([Buffer.from([0x12, 0x34, 1 | (operation << 3), 0x20, 0, 1, 0, 0, 0, 0, 0, opt === undefined ? 0 : 1]), question, record]);
}

interface Told { code: number; truncated: boolean; answers: number; bytes: number; opt?: { size: number; signatures: boolean } }

function told(text: string): Told {
  const bytes = Buffer.from(text, 'hex');
  assert.equal(bytes.readUInt16BE(0), 0x1234, 'the id of the question');
  const flags = bytes.readUInt16BE(2);
  const opt = bytes.readUInt16BE(10) === 1 ? { size: bytes.readUInt16BE(bytes.length - 8), signatures: (bytes[bytes.length - 4]! & 0x80) !== 0 } : undefined;
  return { code: flags & 15, truncated: (flags & 0x200) !== 0, answers: bytes.readUInt16BE(6), bytes: bytes.length, ...(opt && { opt }) };
}

describe('messages to 127.0.0.11', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-dns-messages-'));
  const netns = join(folder, 'netns');
  let resolver: Resolver;

  before(async () => {
    createNetns(netns);
    withNetns(netns, () => {
      using route = new RouteSocket();
      route.run(setLink('lo', { up: true }));
    });
    resolver = createResolver({ runDirectory: folder, log: silentLog });
    await resolver.put({ network: 'n1', endpoint: 'e0', name: 'web', names: ['web'], addresses: ['172.18.0.2'] });
    for (let last = 1; last <= 100; last++) await resolver.put({ network: 'n1', endpoint: `e${last}`, name: `many${last}`, names: ['many'], addresses: [`172.18.1.${last}`] });
    await resolver.serve({ id: 's1', netns, view: { networks: [{ id: 'n1', name: 'app' }], upstreams: [] } });
  });
  after(async () => {
    await resolver.leave('s1');
    await resolver.close();
    removeNetns(netns);
    rmSync(folder, { recursive: true });
  });

  const ask = (transport: 'udp' | 'tcp', ...asked: Asked[]): Promise<Told[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<Told[]>();
    execFile('nsenter', [`--net=${netns}`, process.execPath, '-e', asker, transport, ...asked.map((each) => message(each).toString('hex'))], (error, stdout) => (
      error === null ? resolve((JSON.parse(stdout) as string[]).map(told)) : reject(error)
    ));
    return promise;
  };

  test('a name has its address, no other record, and a code of its own for what is not there', async () => {
    const found = await ask('udp', { name: 'web' }, { name: 'WEB.app' }, { name: 'web', type: type.aaaa }, { name: 'web', type: type.mx }, { name: 'web', type: type.txt }, { name: 'web', type: type.any });
    assert.deepEqual(found.map(({ code, answers }) => [code, answers]), [[0, 1], [0, 1], [0, 0], [0, 0], [0, 0], [0, 1]]);
    // Nobody can be asked about these: the name may exist.
    assert.deepEqual((await ask('udp', { name: 'nobody' }, { name: 'nobody', type: type.aaaa }, { name: 'web', class: 3 })).map(({ code }) => code), [2, 2, 2]);
  });

  test('an address has its name, and others are not known', async () => {
    const found = await ask('udp', { name: '2.0.18.172.in-addr.arpa', type: type.ptr }, { name: '9.9.18.172.in-addr.arpa', type: type.ptr });
    assert.deepEqual(found.map(({ code, answers }) => [code, answers]), [[0, 1], [2, 0]]);
  });

  test('an OPT record is answered by one, with the wish for signatures and whatever else it holds; without one there is none', async () => {
    const [plain, opt, signed, cookie] = await ask('udp', { name: 'web' }, { name: 'web', opt: { size: 1232 } }, { name: 'web', opt: { size: 4096, signatures: true } }, { name: 'web', opt: { size: 1232, cookie: true } });
    assert.equal(plain!.opt, undefined);
    assert.deepEqual([opt!.opt, signed!.opt?.signatures, cookie!.answers, cookie!.opt?.signatures], [{ size: 1232, signatures: false }, true, 1, false]);
  });

  test('what a datagram has no room for is cut, by the size that was told, and whole by TCP', async () => {
    const [small, tiny, usual, large] = await ask('udp', { name: 'many' }, { name: 'many', opt: { size: 100 } }, { name: 'many', opt: { size: 1232 } }, { name: 'many', opt: { size: 4096 } });
    for (const [answer, most] of [[small, 512], [tiny, 512], [usual, 1232]] as const) assert.ok(answer!.truncated && answer!.bytes <= most && answer!.answers > 0, JSON.stringify(answer));
    assert.deepEqual([large!.truncated, large!.answers], [false, 100]);
    const byTcp = await ask('tcp', { name: 'many' }, { name: 'web', opt: { size: 512, signatures: true } });
    assert.deepEqual(byTcp.map(({ truncated, answers }) => [truncated, answers]).toSorted(), [[false, 1], [false, 100]]);
  });

  test('an operation that is no question is told to be none', async () => {
    assert.deepEqual((await ask('udp', { name: 'web', operation: 4 }, { name: 'web', operation: 5 })).map(({ code }) => code), [4, 4]);
  });
});
