import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gantryProgram } from '../support/daemon.ts';
import { Client, clientNames } from './client.ts';
import { Stage } from './stage.ts';

describe('a daemon on tcp with mutual TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-tls-'));
  // An address of its own: at the one of everybody any number may be somebody's by the time the daemon asks for it.
  const address = `127.${randomInt(1, 256)}.${randomInt(1, 256)}.${randomInt(1, 255)}`;
  const endpoint = `tcp://${address}:2376`;
  let stage: Stage;

  before(async () => {
    makeCertificates(folder, address);
    const file = (name: string): string => join(folder, name);
    stage = await Stage.open({ args: [
      '--host', endpoint, '--tlsverify', '--tlscacert', file('ca.pem'), '--tlscert', file('server-cert.pem'), '--tlskey', file('server-key.pem'),
    ] });
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  for (const name of clientNames) {
    test(`${name} with its certificate is let in, and hears nothing else`, async () => {
      const flags = ['--tlsverify', '--tlscacert', join(folder, 'ca.pem'), '--tlscert', join(folder, 'client-cert.pem'), '--tlskey', join(folder, 'client-key.pem')];
      const { code, stdout, stderr } = await new Client(name, endpoint).run([...flags, 'version', '--format', '{{.Server.Os}}']);
      assert.deepEqual([code, stdout, stderr], [0, 'linux\n', '']);
    });

    test(`${name} finds its certificate in a context, also in one that was exported and imported`, async () => {
      const home = mkdtempSync(join(folder, 'home-'));
      const plain = (...args: string[]): string => execFileSync(name === 'docker' ? 'docker' : gantryProgram()[0], [...(name === 'docker' ? [] : gantryProgram().slice(1)), ...args], {
        cwd: folder, env: { PATH: process.env['PATH'], HOME: home }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'],
      });
      plain('context', 'create', 'far', '--docker', `host=${endpoint},ca=ca.pem,cert=client-cert.pem,key=client-key.pem`);
      assert.equal(plain('-c', 'far', 'version', '--format', '{{.Server.Os}}'), 'linux\n');
      plain('context', 'export', 'far', join(home, 'far.tar'));
      plain('context', 'import', 'again', join(home, 'far.tar'));
      plain('context', 'use', 'again');
      assert.equal(plain('version', '--format', '{{.Server.Os}} {{.Client.Context}}'), 'linux again\n');
    });

    test(`${name} without a certificate is not`, async () => {
      const { code, stdout } = await new Client(name, endpoint).run(['--tlsverify', '--tlscacert', join(folder, 'ca.pem'), 'ps', '-q']);
      assert.notEqual(code, 0);
      assert.equal(stdout, '');
    });
  }
});

function makeCertificates(folder: string, address: string): void {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-subj', '/CN=ca', '-days', '2');
  for (const role of ['server', 'client']) {
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${role}-key.pem`, '-out', `${role}.csr`, '-subj', `/CN=${role}`);
    writeFileSync(join(folder, `${role}.ext`), `subjectAltName=IP:${address}\nextendedKeyUsage=${role}Auth\n`);
    openssl('x509', '-req', '-in', `${role}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-out', `${role}-cert.pem`, '-days', '2', '-extfile', `${role}.ext`);
  }
}
