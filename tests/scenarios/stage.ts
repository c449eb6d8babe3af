import assert from 'node:assert/strict';
import { join } from 'node:path';
import { startDaemon, type DaemonOptions, type TestDaemon } from '../support/daemon.ts';
import type { Answer } from '../support/http.ts';
import { tracesOf } from '../support/traces.ts';
import { Client } from './client.ts';

export const image = 'gantry/busybox';
export const archive = join(import.meta.dirname, '../../dist/embedded-image.tar');

/** The daemon has answered, with an error. */
export class Refused extends Error {}

/** A daemon that people talk to. It must leave nothing of itself when the curtain falls. */
export class Stage implements AsyncDisposable {
  readonly daemon: TestDaemon;

  private constructor(daemon: TestDaemon) {
    this.daemon = daemon;
  }

  static async open(options: DaemonOptions = {}): Promise<Stage> {
    return new Stage(await startDaemon(options));
  }

  /** With gantry/busybox loaded. */
  static async withImage(): Promise<Stage> {
    const stage = await Stage.open();
    try {
      await stage.client('gantry').ok('load', '-qi', archive);
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  client(name: 'docker' | 'gantry'): Client {
    return new Client(name, this.daemon.host);
  }

  async ask<T>(path: string): Promise<T> {
    return (await this.ok('GET', path)).json as T;
  }

  /** @throws Refused when the answer is an error, and what the connection throws when there is none */
  async ok(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.daemon.request(method, path, body);
    if (answer.status >= 400) throw new Refused(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  }

  /** Names of all containers there are. */
  async containers(): Promise<string[]> {
    const list = await this.ask<{ Names: string[] }[]>('/containers/json?all=1');
    return list.map(({ Names }) => Names[0]?.slice(1) ?? '').sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { root } = this.daemon;
    await this.daemon.stop();
    assert.deepEqual(await tracesOf(root), []);
  }
}
