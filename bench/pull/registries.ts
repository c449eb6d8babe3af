import { spawn, type ChildProcess } from 'node:child_process';
import { createConnection } from 'node:net';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Engine } from '../engines.ts';
import { runProgram, time } from '../measure.ts';
import { prepareImages, type PulledImage, type PulledImages } from './images.ts';

const repository = join(import.meta.dirname, '../..');
/** In every network namespace the same, so that all engines pull the same name. */
const port = 47_231;
export const host = `127.0.0.1:${port}`;

/** One registry on loopback for each network namespace, all of one folder: the same bytes for all. */
export class Registries implements AsyncDisposable {
  readonly images: PulledImages;
  readonly #root: string;
  readonly #running = new Map<string, ChildProcess>();

  private constructor(root: string, images: PulledImages) {
    this.#root = root;
    this.images = images;
  }

  static async open(): Promise<Registries> {
    const cache = join(repository, '.cache/bench');
    mkdirSync(cache, { recursive: true });
    const { root, images } = await prepareImages(cache);
    return new Registries(root, images);
  }

  /** Serves where an engine is, unless it does already. */
  async serveFor({ network }: Pick<Engine, 'network'>): Promise<void> {
    const key = network.join(' ');
    if (this.#running.has(key)) return;
    const [program = '', ...args] = [...network, process.execPath, '--', join(repository, 'dist/gantry.js'), 'registry', 'serve', '--addr', host, '--root', this.#root, '--read-only', '--gc-interval', '0'];
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#running.set(key, child);
    await new Promise<void>((resolve, reject) => {
      let words = '';
      child.stderr.on('data', (chunk: Buffer) => {
        words += String(chunk);
        if (words.includes('registry listens')) resolve();
      });
      child.once('exit', () => reject(new Error(`the registry ended: ${words}`)));
    });
  }

  /** The floor: the same layers by curl, unpacked by gunzip into files, two at a time. */
  async plain({ name, layers }: PulledImage): Promise<number> {
    await this.serveFor({ network: [] });
    const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
    const [path = ''] = name.split(':');
    const queue = layers.map((digest, index) => `curl -sf http://${host}/v2/${path}/blobs/${digest} | gunzip > ${folder}/${index}`);
    try {
      return await time(async () => {
        const worker = async (): Promise<void> => {
          for (let line = queue.shift(); line !== undefined; line = queue.shift()) await runProgram(['sh', '-c', line]);
        };
        await Promise.all([worker(), worker()]);
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running.values()) {
      child.removeAllListeners('exit');
      child.kill('SIGTERM');
    }
    while (await answers()) await setTimeout(20);
  }
}

function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
