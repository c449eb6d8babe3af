import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import type { Answer } from '../../support/http.ts';

const image = 'gantry/busybox';
const archive = join(import.meta.dirname, '../../../dist/embedded-image.tar');

export interface Finished { id: string; exitCode: number; stdout: string; stderr: string }
export interface CreateBody { Cmd?: string[]; HostConfig?: object; [field: string]: unknown }

/** A daemon of its own with the embedded image, and the few words tests of containers are made of. */
export class Box implements AsyncDisposable {
  readonly daemon: TestDaemon;

  private constructor(daemon: TestDaemon) {
    this.daemon = daemon;
  }

  static async open(args: string[] = []): Promise<Box> {
    return await Box.of(await startDaemon({ args }));
  }

  /** Of a daemon that a test has started its own way; it ends with the box. */
  static async of(daemon: TestDaemon): Promise<Box> {
    const box = new Box(daemon);
    try {
      await box.ok('POST', '/images/load?quiet=1', readFileSync(archive));
    } catch (error) {
      await daemon.stop();
      throw error;
    }
    return box;
  }

  /** @throws when the answer is an error */
  async ok(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.daemon.request(method, path, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  }

  async create(body: CreateBody, name = ''): Promise<string> {
    const answer = await this.ok('POST', `/containers/create${name === '' ? '' : `?name=${name}`}`, { Image: image, ...body });
    return (answer.json as { Id: string }).Id;
  }

  /** Creates and starts it. */
  async start(body: CreateBody, name = ''): Promise<string> {
    const id = await this.create(body, name);
    await this.ok('POST', `/containers/${id}/start`);
    return id;
  }

  /** Runs a shell script to its end. The container stays, for questions. */
  async sh(script: string, body: CreateBody = {}): Promise<Finished> {
    const id = await this.start({ Cmd: ['sh', '-c', script], ...body });
    const exitCode = await this.wait(id);
    return { id, exitCode, ...(await this.output(id)) };
  }

  async wait(id: string, condition = 'not-running'): Promise<number> {
    const { json } = await this.ok('POST', `/containers/${id}/wait?condition=${condition}`);
    return (json as { StatusCode: number }).StatusCode;
  }

  /** What it wrote so far. A tty's output is all stdout. */
  async output(id: string): Promise<{ stdout: string; stderr: string }> {
    const { stdout, stderr } = frames((await this.raw(`/containers/${id}/logs?stdout=1&stderr=1`)));
    return { stdout, stderr };
  }

  async inspect(id: string): Promise<Inspected> {
    return (await this.ok('GET', `/containers/${id}/json`)).json as Inspected;
  }

  /** Runs a command in a container that runs. */
  async exec(id: string, cmd: string[], body: object = {}): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const { json } = await this.ok('POST', `/containers/${id}/exec`, { Cmd: cmd, AttachStdout: true, AttachStderr: true, ...body });
    const exec = (json as { Id: string }).Id;
    const streams = frames(await this.raw(`/exec/${exec}/start`, 'POST', { Detach: false, Tty: false }));
    const { ExitCode } = (await this.ok('GET', `/exec/${exec}/json`)).json as { ExitCode: number };
    return { exitCode: ExitCode, ...streams };
  }

  /** Waits until a question has the wanted answer; each round is one request, and the daemon's own work is waited for, not a time. */
  async until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
    const deadline = performance.now() + 120_000;
    for (;;) {
      const answer = await ask();
      if (wanted(answer)) return answer;
      if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
    }
  }

  private async raw(path: string, method = 'GET', body?: unknown): Promise<string> {
    return (await this.ok(method, path, body)).text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon.stop();
  }
}

export interface Inspected {
  Id: string;
  Name: string;
  RestartCount: number;
  State: { Status: string; Running: boolean; Pid: number; ExitCode: number; OOMKilled: boolean; Error: string; StartedAt: string; FinishedAt: string; Health?: { Status: string; Log: { ExitCode: number }[] } };
  Config: Record<string, unknown>;
  HostConfig: Record<string, unknown>;
  Mounts: { Type: string; Name?: string; Source: string; Destination: string; RW: boolean }[];
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
}

/** Takes 8-byte frames apart. Only for text of one byte a character: lengths count bytes. */
function frames(text: string): { stdout: string; stderr: string } {
  const bytes = Buffer.from(text);
  const out = ['', '', ''];
  let at = 0;
  while (at + 8 <= bytes.length) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    out[bytes[at] as number] += bytes.toString('utf8', at + 8, end);
    at = end;
  }
  return { stdout: out[1] as string, stderr: out[2] as string };
}
