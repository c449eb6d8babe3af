import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../src/base/log.ts';
import { cgroupMounts, killCgroup, removeCgroup } from '../../../src/host/cgroups.ts';
import { createRuntime } from '../../../src/runtime/driver/client.ts';
import type { ExitReport, Runtime, StartRequest } from '../../../src/runtime/driver/runtime.ts';
import { knownCapabilities } from '../../../src/runtime/spec/capabilities.ts';
import { withCompiledSeccomp } from '../../../src/runtime/spec/compiled-seccomp.ts';
import { createExecProcess, createSpec } from '../../../src/runtime/spec/spec.ts';
import type { HostFacts, ProcessInput, SpecInput } from '../../../src/runtime/spec/spec-input.ts';

const applets = ['sh', 'true', 'cat', 'echo', 'sleep', 'dd', 'tr', 'stty', 'tty', 'kill', 'id', 'ls', 'grep', 'seq', 'head', 'wc', 'readlink'];

/** One run directory, one busybox root and a client; disposing it takes away everything, whatever the test did. */
export class Room {
  readonly run = mkdtempSync(join(tmpdir(), 'gantry-rt-'));
  readonly cgroupParent = `/gantry-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  runtime: Runtime;
  readonly exits = new Map<string, ExitReport>();
  readonly #wakers = new Set<() => void>();
  readonly #name: string;

  constructor(runtimeName: string) {
    this.#name = runtimeName;
    makeRoot(this.rootfs);
    this.runtime = this.connect();
  }

  get rootfs(): string {
    return join(this.run, 'rootfs');
  }

  logPath(id: string): string {
    return join(this.run, 'logs', id, 'json.log');
  }

  /** A client that records exits here. */
  connect(): Runtime {
    const runtime = createRuntime({ runDirectory: this.run, log: silentLog });
    runtime.onExit((exit) => {
      this.exits.set(exit.execId === undefined ? exit.id : `${exit.id}/${exit.execId}`, exit);
      for (const wake of this.#wakers) wake();
    });
    return runtime;
  }

  exit(key: string): Promise<ExitReport> {
    return new Promise((resolve) => {
      const look = (): void => {
        const exit = this.exits.get(key);
        if (exit === undefined) return;
        this.#wakers.delete(look);
        resolve(exit);
      };
      this.#wakers.add(look);
      look();
    });
  }

  spec(id: string, args: string[], change: Partial<SpecInput> & Pick<ProcessInput, 'consoleSize'> & { tty?: boolean } = {}): SpecInput {
    return {
      id, rootfs: this.rootfs, process: { ...this.process(args, change.tty), consoleSize: change.consoleSize }, host: { readonlyRootfs: true }, hostname: id, domainname: '', networkNamespace: 'host',
      pidNamespace: 'private', ipcNamespace: 'private', utsNamespace: 'private', cgroupNamespace: 'private',
      cgroupPath: `${this.cgroupParent}/${id}`, mounts: [], facts: facts(), annotations: {}, ...change,
    };
  }

  process(args: string[], tty = false): ProcessInput {
    return { args, env: ['PATH=/bin', 'TERM=xterm'], cwd: '/', tty, user: { uid: 0, gid: 0, additionalGids: [] } };
  }

  request(id: string, args: string[], options: Partial<StartRequest> & { spec?: Partial<SpecInput> } = {}): StartRequest {
    const bundle = join(this.run, 'bundles', id);
    mkdirSync(bundle, { recursive: true });
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(withCompiledSeccomp(createSpec(this.spec(id, args, { ...options.spec, tty: options.tty, consoleSize: options.consoleSize })))));
    const { spec: _spec, ...rest } = options;
    return {
      id, bundle, tty: false, openStdin: false, stdinOnce: true, runtime: this.#name, cgroupPath: `${this.cgroupParent}/${id}`,
      log: { driver: 'json-file', path: this.logPath(id), maxFiles: 1 }, ...rest,
    };
  }

  async exec(id: string, execId: string, args: string[], options: { tty?: boolean; openStdin?: boolean } = {}): Promise<{ pid: number }> {
    const { tty = false, openStdin = false } = options;
    const process = createExecProcess(this.spec(id, []), { process: this.process(args, tty), privileged: false });
    return this.runtime.exec({ id, execId, process, tty, openStdin });
  }

  /** Runs to the end and returns what was seen; the attachment is made before the start. */
  async runToEnd(id: string, args: string[], options: Partial<StartRequest> & { input?: string; spec?: Partial<SpecInput> } = {}): Promise<{ exit: ExitReport; output: Output }> {
    const { input, ...start } = options;
    const request = this.request(id, args, { openStdin: input !== undefined, ...start });
    const { stream } = await this.runtime.attach({ id }, { stdin: input !== undefined, stdout: true, stderr: true, tty: request.tty });
    const collected = collect(stream, request.tty);
    await this.runtime.start(request);
    if (input !== undefined) stream.end(input);
    const exit = await this.exit(id);
    return { exit, output: await collected };
  }

  monitorPid(): number {
    return Number(readFileSync(join(this.run, 'monitor.lock'), 'utf8'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { id, execId, exit } of await this.runtime.list().catch(() => [])) {
      if (exit === undefined && execId === undefined) await this.runtime.signal({ id }, 9).then(() => this.exit(id)).catch(() => undefined);
    }
    const monitor = existsSync(join(this.run, 'monitor.lock')) ? this.monitorPid() : 0;
    await this.runtime.close();
    // It takes its socket away in ending; two who remove the same directory fail each other.
    while (monitor > 0 && isAlive(monitor)) await new Promise(setImmediate);
    const mounts = cgroupMounts();
    killCgroup(mounts, this.cgroupParent);
    removeCgroup(mounts, this.cgroupParent);
    rmSync(this.run, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface Output { stdout: string; stderr: string; bytes: number }

/** Takes Docker's frames apart, or takes a tty's bytes as stdout. */
export async function collect(stream: AsyncIterable<Buffer>, tty: boolean): Promise<Output> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (tty) return { stdout: bytes.toString(), stderr: '', bytes: bytes.length };
  const parts: Record<number, Buffer[]> = { 1: [], 2: [] };
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at + 4);
    parts[bytes[at]!]!.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  const [stdout, stderr] = [Buffer.concat(parts[1]!), Buffer.concat(parts[2]!)];
  return { stdout: stdout.toString(), stderr: stderr.toString(), bytes: stdout.length + stderr.length };
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false; // it ended, perhaps while we looked
  }
}

function facts(): HostFacts {
  const bounding = BigInt(`0x${/^CapBnd:\s+(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]}`);
  const limit = (name: string): number => Number(new RegExp(`^${name}\\s+\\S+\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity);
  return {
    cgroupVersion: cgroupMounts().some(({ version }) => version === 1) ? 1 : 2, controllers: [],
    capabilities: knownCapabilities.filter((_, number) => (bounding >> BigInt(number)) & 1n),
    apparmor: false, seccomp: true, hardLimits: { nofile: limit('Max open files'), nproc: limit('Max processes') }, kernel: '6.1.0',
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', swapAccounting: true, runtimeName: 'crun', initPath: undefined,
  };
}

function makeRoot(path: string): void {
  for (const each of ['bin', 'proc', 'sys', 'dev', 'tmp', 'etc']) mkdirSync(join(path, each), { recursive: true });
  cpSync('/bin/busybox', join(path, 'bin/busybox'));
  for (const applet of applets) symlinkSync('busybox', join(path, 'bin', applet));
}
