/** What a template sees of a Go structure that came as JSON. */
export class Structure {
  /** As Go names it: `container.State`. */
  readonly type: string;
  /** By the names of the structure's fields, in their order. */
  readonly fields: ReadonlyMap<string, unknown>;
  readonly isPointer: boolean;
  readonly #json: () => unknown;
  readonly #text: string | undefined;

  /** `text` is what it prints, where not its fields. */
  constructor(type: string, fields: ReadonlyMap<string, unknown>, { json, isPointer = false, text }: { json: () => unknown; isPointer?: boolean; text?: string | undefined }) {
    this.type = type;
    this.fields = fields;
    this.isPointer = isPointer;
    this.#json = json;
    this.#text = text;
  }

  /** Go's `%v`; a pointer within another value is shown as an address. */
  print(show: (value: unknown) => string): string {
    return this.#text ?? `{${[...this.fields.values()].map(show).join(' ')}}`;
  }

  get hasText(): boolean {
    return this.#text !== undefined;
  }

  toJSON(): unknown {
    return this.#json();
  }
}
