import { GantryError } from '../../../base/errors.ts';

/** The query string, read in Docker's manner. */
export class Query {
  readonly #values: URLSearchParams;

  constructor(search: string) {
    this.#values = new URLSearchParams(search);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** "" when absent. */
  text(name: string): string {
    return this.#values.get(name) ?? '';
  }

  all(name: string): string[] {
    return this.#values.getAll(name);
  }

  /** False for absent, empty, `0`, `no`, `false` and `none`; true for anything else. */
  flag(name: string, fallback = false): boolean {
    const value = this.#values.get(name);
    if (value === null) return fallback;
    return !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase());
  }

  /** Undefined when absent or empty. @throws invalid for what is not a whole number. */
  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === '') return undefined;
    const number = Number(value);
    if (!/^[+-]?\d+$/.test(value)) throw new GantryError('invalid', `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
    if (!Number.isSafeInteger(number)) throw new GantryError('invalid', `strconv.Atoi: parsing ${JSON.stringify(value)}: value out of range`);
    return number;
  }
}
