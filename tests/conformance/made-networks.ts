import { randomBytes } from 'node:crypto';
import type { Engine } from './engine.ts';

/** Networks with names that nobody else has, taken away by `clean()`. */
export class MadeNetworks {
  readonly #engine: () => Engine;
  readonly #ids: string[] = [];

  constructor(engine: () => Engine) {
    this.#engine = engine;
  }

  readonly unique = (): string => `conf-${randomBytes(6).toString('hex')}`;

  readonly make = async (more: Record<string, unknown> = {}): Promise<{ id: string; name: string }> => {
    const name = this.unique();
    const { json } = await this.#engine().expect('POST', '/networks/create', { body: { Name: name, CheckDuplicate: true, ...more }, status: 201 });
    this.#ids.push(json.Id);
    return { id: json.Id, name };
  };

  /** Also what a test made by another call. */
  add(id: string): void {
    this.#ids.push(id);
  }

  async clean(): Promise<void> {
    for (const id of this.#ids.splice(0)) await this.#engine().call('DELETE', `/networks/${id}`);
  }
}
