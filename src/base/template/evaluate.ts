import { functions, signatures, type Kind } from './functions.ts';
import { lineOf, TemplateError } from './lex.ts';
import { nilPointer } from './nil.ts';
import { parseTemplate, type Node, type Operand, type Pipe, type Template } from './parse.ts';
import { Structure } from './structure.ts';
import { kindName, printed, truth } from './values.ts';

/** The arguments of a method that takes so many. */
type Args = (wanted: number) => unknown[];

/** A field that takes arguments, or that is worked out when it is read. */
export type Method = (...args: unknown[]) => unknown;

export interface Compiled {
  /** Applies the template to a value. Throws TemplateError. */
  execute(data: unknown): string;
}

export interface CompileOptions {
  /** How complaints name the type of the data, whose fields are known: an absent one is an error. Objects within it that are no structures are maps, where an absent key prints `<no value>`. */
  type?: string;
  /** The data are JSON as it came: an absent field is a missing key, and an error everywhere. */
  raw?: boolean;
  /** The data are a table's headers: functions that would change their text leave it alone. */
  headers?: boolean;
}

const rewording = new Set(['json', 'title', 'lower', 'upper', 'truncate', 'split', 'join']);

const names = new Set(Object.keys(signatures).concat(Object.keys(functions)));

export function compile(source: string, options: CompileOptions = {}): Compiled {
  const template = parseTemplate(source, names);
  return { execute: (data) => new Run(template, options).execute(data) };
}

/** A chain of scopes; `$` is the data itself. */
interface Variable { name: string; value: unknown }

const deepest = 100;

class Run {
  #out = '';
  #depth = 0;
  readonly #template: Template;
  readonly #type: string;
  readonly #headers: boolean;
  readonly #raw: boolean;
  #variables: Variable[] = [];
  #data: unknown;

  constructor(template: Template, { type = 'map[string]interface {}', headers = false, raw = false }: CompileOptions) {
    this.#template = template;
    this.#type = type;
    this.#headers = headers;
    this.#raw = raw;
  }

  execute(data: unknown): string {
    this.#data = data;
    this.#variables = [{ name: '$', value: data }];
    this.#nodes(this.#template.body, data);
    return this.#out;
  }

  /** Returns `break` or `continue` when a loop has to hear of it. */
  #nodes(nodes: readonly Node[], dot: unknown): 'break' | 'continue' | undefined {
    for (const node of nodes) {
      const interrupt = this.#node(node, dot);
      if (interrupt !== undefined) return interrupt;
    }
    return undefined;
  }

  #node(node: Node, dot: unknown): 'break' | 'continue' | undefined {
    switch (node.kind) {
      case 'text':
        this.#out += node.text;
        return undefined;
      case 'print': {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.names.length === 0) this.#out += printed(value);
        return undefined;
      }
      case 'if': case 'with':
        return this.#scoped(() => {
          const value = this.#pipe(node.pipe, dot);
          const inner = node.kind === 'with' ? value : dot;
          return truth(value) ? this.#nodes(node.body, inner) : this.#nodes(node.otherwise, dot);
        });
      case 'range':
        return this.#scoped(() => this.#range(node, dot));
      case 'template':
        this.#call(node, node.pipe === undefined ? undefined : this.#pipe(node.pipe, dot));
        return undefined;
      case 'break': case 'continue':
        return node.kind;
    }
  }

  #scoped<T>(act: () => T): T {
    const depth = this.#variables.length;
    try {
      return act();
    } finally {
      this.#variables.length = depth;
    }
  }

  #range(node: Node & { kind: 'range' }, dot: unknown): 'break' | 'continue' | undefined {
    const { names: variables } = node.pipe;
    const items = itemsOf(this.#pipe({ ...node.pipe, names: [] }, dot));
    if (items === undefined) throw this.#error(node.pipe.text, `range can't iterate over ${printed(this.#pipe({ ...node.pipe, names: [] }, dot))}`, node.pipe.at);
    if (items.length === 0) return this.#nodes(node.otherwise, dot);
    for (const [key, element] of items) {
      const interrupt = this.#scoped(() => {
        const values = variables.length === 2 ? [key, element] : [element];
        for (const [index, name] of variables.entries()) this.#assign(name, values[index], node.pipe.declares);
        return this.#nodes(node.body, element);
      });
      if (interrupt === 'break') break;
    }
    return undefined;
  }

  #call({ name, text, at }: Node & { kind: 'template' }, data: unknown): void {
    const body = this.#template.defined.get(name);
    if (body === undefined) throw this.#error(text, `template "${name}" not defined`, at);
    if (this.#depth >= deepest) throw this.#error(text, `exceeded maximum template depth (${deepest})`, at);
    const outer = this.#variables;
    this.#variables = [{ name: '$', value: data }];
    this.#depth += 1;
    this.#nodes(body, data);
    this.#depth -= 1;
    this.#variables = outer;
  }

  #assign(name: string, value: unknown, declares: boolean): void {
    if (declares) {
      this.#variables.push({ name, value });
      return;
    }
    const variable = this.#variables.findLast((known) => known.name === name);
    if (variable !== undefined) variable.value = value;
  }

  #pipe(pipe: Pipe, dot: unknown): unknown {
    let value: unknown;
    let piped: unknown[] = [];
    for (const command of pipe.commands) {
      value = this.#command(command, dot, piped);
      piped = [value];
    }
    const [name] = pipe.names;
    if (name === undefined) return value;
    if (!pipe.declares && !this.#variables.some((known) => known.name === name)) {
      const last = pipe.commands.at(-1)?.at(-1);
      throw this.#error(last?.text ?? name, `undefined variable: ${name}`, last?.at);
    }
    this.#assign(name, value, pipe.declares);
    return value;
  }

  #command(words: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    const [head, ...rest] = words as [Operand, ...Operand[]];
    if (head.kind === 'function') return this.#function(head, rest, dot, piped);
    // Where it is a method with an argument, that is a text.
    const args = (wanted: number): unknown[] => [...rest.map((operand) => this.#argument(operand, dot, wanted > 0 ? 'string' : undefined)), ...piped];
    if (head.kind === 'chain') return this.#chain(head, dot, rest.length + piped.length > 0 ? args : undefined);
    if (rest.length + piped.length > 0) throw this.#error(head.text, `can't give argument to non-function ${head.text}`, head.at);
    if (head.kind === 'constant' && head.value === null) throw this.#error(head.text, 'nil is not a command', head.at);
    return this.#operand(head, dot);
  }

  #function({ name, at }: { name: string; at: number }, rest: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    const { least, most, takes = [] } = signatures[name] ?? { least: 0, most: Infinity };
    const count = rest.length + piped.length;
    if (count < least || count > most) throw this.#error(name, `wrong number of args for ${name}: want ${most === Infinity ? `at least ${least}` : least} got ${count}`, at);
    try {
      if (name === 'and' || name === 'or') return this.#shortCircuit(name, rest, dot, piped);
      if (name === 'call') throw new Error(`non-function ${rest[0]?.text ?? '|'} of type ${kindName(rest[0] === undefined ? piped[0] : this.#operand(rest[0], dot))}`);
      const args = [...rest.map((operand, index) => this.#argument(operand, dot, takes[index])), ...piped];
      if (this.#headers && rewording.has(name)) return args.find((value) => typeof value === 'string');
      return functions[name]?.(...args);
    } catch (error) {
      if (error instanceof TemplateError) throw error;
      throw this.#error([name, ...rest.map((operand) => operand.text)].join(' '), `error calling ${name}: ${(error as Error).message}`, at);
    }
  }

  #shortCircuit(name: 'and' | 'or', rest: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    let value: unknown;
    for (const operand of rest) {
      value = this.#operand(operand, dot);
      if (truth(value) === (name === 'or')) return value;
    }
    return piped.length > 0 ? piped[0] : value;
  }

  /** A value that a function or method takes; Go tells a constant of the wrong kind from another value. */
  #argument(operand: Operand, dot: unknown, kind: Kind | undefined): unknown {
    const value = this.#operand(operand, dot);
    if (kind === undefined || (kind === '[]string' ? value === null || value === undefined || Array.isArray(value) : typeof value === { string: 'string', int: 'number' }[kind])) return value;
    if (operand.kind === 'constant') throw this.#error(operand.text, kind === 'int' ? 'expected integer; found ' + operand.text : `expected ${kind}; found ${operand.text}`, operand.at);
    throw this.#error(operand.text, `wrong type for value; expected ${kind}; got ${kindName(value)}`, operand.at);
  }

  #operand(operand: Operand, dot: unknown): unknown {
    switch (operand.kind) {
      case 'constant': return operand.value;
      case 'dot': return dot;
      case 'variable': return this.#variables.findLast((known) => known.name === operand.name)?.value;
      case 'function': return this.#function(operand, [], dot, []);
      case 'pipe': return this.#scoped(() => this.#pipe(operand.pipe, dot));
      case 'chain': return this.#chain(operand, dot, undefined);
    }
  }

  #chain(chain: Operand & { kind: 'chain' }, dot: unknown, args: Args | undefined): unknown {
    let value = this.#operand(chain.base as Operand, dot);
    let from = '';
    for (const [index, field] of chain.fields.entries()) {
      const last = index === chain.fields.length - 1;
      value = this.#field(value, field, { chain, from, args: last ? args : undefined });
      from = `${from.split('.').at(-1)}.${field}`;
    }
    return value;
  }

  #field(value: unknown, field: string, where: { chain: Operand & { kind: 'chain' }; from: string; args: Args | undefined }): unknown {
    const { chain, from, args } = where;
    if (value === undefined && !this.#raw) return undefined;
    if (value === null || value === undefined || value === nilPointer) throw this.#error(chain.text, value === nilPointer ? `nil pointer evaluating ${from.replace(/^\./, '')}.${field}` : `nil data; no entry for key "${field}"`, chain.at);
    if (value instanceof Structure ? !value.fields.has(field) : typeof value !== 'object' || !Object.hasOwn(value, field)) return this.#absent(value, field, chain);
    const found = value instanceof Structure ? value.fields.get(field) : (value as Record<string, unknown>)[field];
    if (typeof found !== 'function') {
      // Each field of a list's row is a method in Go.
      if (args !== undefined) throw this.#error(chain.text, value === this.#data && !(value instanceof Structure) ? `wrong number of args for ${field}: want 0 got ${args(0).length}` : `${field} has arguments but cannot be invoked as function`, chain.at);
      return found;
    }
    const { length: wanted } = found as Method;
    const given = args?.(wanted) ?? [];
    if (given.length !== wanted) throw this.#error(chain.text, `wrong number of args for ${field}: want ${wanted} got ${given.length}`, chain.at);
    try {
      return (found as Method)(...given);
    } catch (error) {
      throw this.#error(chain.text, `error calling ${field}: ${(error as Error).message}`, chain.at);
    }
  }

  #absent(value: unknown, field: string, chain: Operand & { kind: 'chain' }): undefined {
    const isObject = typeof value === 'object' && !(value instanceof Structure);
    if (this.#raw) throw this.#error(chain.text, isObject ? `map has no entry for key "${field}"` : `can't evaluate field ${field} in type interface {}`, chain.at);
    if (isObject && value !== this.#data && !Array.isArray(value)) return undefined;
    throw this.#error(chain.text, `can't evaluate field ${field} in type ${isObject && value === this.#data ? this.#type : kindName(value)}`, chain.at);
  }

  #error(text: string, message: string, at?: number): TemplateError {
    const place = at === undefined ? `${lineOf(this.#template.source, 0)}` : `${lineOf(this.#template.source, at)}:${at - this.#template.source.lastIndexOf('\n', at - 1) - 1}`;
    return new TemplateError(`${place}: executing "" at <${text}>: ${message}`);
  }
}

function itemsOf(value: unknown): [unknown, unknown][] | undefined {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  if (typeof value === 'number' && Number.isInteger(value)) return Array.from({ length: Math.max(0, value) }, (_, index) => [index, index]);
  if (typeof value !== 'object') return undefined;
  return Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
}
