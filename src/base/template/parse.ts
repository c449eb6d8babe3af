import { lex, lineOf, TemplateError, type Token } from './lex.ts';

/** The tree of a template. `at` is an offset into the source, for messages. */
export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'print'; pipe: Pipe }
  | { kind: 'if' | 'with'; pipe: Pipe; body: Node[]; otherwise: Node[] }
  | { kind: 'range'; pipe: Pipe; body: Node[]; otherwise: Node[] }
  | { kind: 'break' | 'continue' }
  | { kind: 'template'; name: string; pipe: Pipe | undefined; text: string; at: number };

export interface Pipe {
  /** Variables set: one, or key and element in a range. */
  names: string[];
  declares: boolean;
  commands: Operand[][];
  text: string;
  at: number;
}

export type Operand =
  | { kind: 'constant'; value: unknown; text: string; at: number }
  | { kind: 'dot'; text: string; at: number }
  | { kind: 'function'; name: string; text: string; at: number }
  /** A base and the fields read from it in turn; `at` is where the second field stands, if there is one, as Go counts. */
  | { kind: 'chain'; base: Operand | Pipe; fields: string[]; text: string; at: number }
  | { kind: 'variable'; name: string; text: string; at: number }
  | { kind: 'pipe'; pipe: Pipe; text: string; at: number };

export interface Template { source: string; body: Node[]; defined: Map<string, Node[]> }

export function parseTemplate(source: string, functions: ReadonlySet<string>): Template {
  const parser = new Parser(source, functions);
  const { nodes, end } = parser.list([]);
  if (end !== undefined) throw parser.error(`unexpected {{${end}}}`);
  return { source, body: nodes, defined: parser.defined };
}

const closers = new Set(['end', 'else']);
const controls = new Set(['if', 'with', 'range']);

class Parser {
  readonly defined = new Map<string, Node[]>();
  readonly #source: string;
  readonly #tokens: Token[];
  readonly #functions: ReadonlySet<string>;
  #at = 0;
  #variables: string[] = ['$'];
  #loops = 0;

  constructor(source: string, functions: ReadonlySet<string>) {
    this.#source = source;
    this.#tokens = lex(source);
    this.#functions = functions;
  }

  error(message: string): TemplateError {
    return new TemplateError(`${lineOf(this.#source, this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]?.at ?? 0)}: ${message}`);
  }

  /** Nodes up to {{end}} or {{else}}, whose word is returned; its remaining tokens are left to the caller. */
  list(open: readonly string[]): { nodes: Node[]; end?: string } {
    const nodes: Node[] = [];
    for (let token = this.#next(); token !== undefined; token = this.#next()) {
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text });
        continue;
      }
      const word = this.#peekName();
      if (word !== undefined && closers.has(word)) {
        this.#next();
        return { nodes, end: word };
      }
      const node = this.#action(word);
      if (node !== undefined) nodes.push(node);
    }
    if (open.length > 0) throw this.error('unexpected EOF');
    return { nodes };
  }

  #action(word: string | undefined): Node | undefined {
    switch (word) {
      case 'if': case 'with': case 'range':
        this.#next();
        return this.#control(word);
      case 'break': case 'continue':
        this.#next();
        if (this.#loops === 0) throw this.error(`{{${word}}} outside {{range}}`);
        this.#close(word);
        return { kind: word };
      case 'define': case 'block': case 'template':
        this.#next();
        return this.#named(word);
      default: {
        const pipe = this.#pipe('command');
        this.#close('command');
        return { kind: 'print', pipe };
      }
    }
  }

  #control(word: 'if' | 'with' | 'range'): Node {
    const scope = this.#variables.length;
    const pipe = this.#pipe(word);
    this.#close(word);
    if (word === 'range') this.#loops += 1;
    const { nodes: body, end } = this.list([word]);
    if (word === 'range') this.#loops -= 1;
    const otherwise = end === 'else' ? this.#else(word) : [];
    if (end !== 'else') this.#close('end');
    this.#variables.length = scope;
    return { kind: word, pipe, body, otherwise };
  }

  /** `{{else}} … {{end}}`, or `{{else if …}}`, which shares its {{end}}. */
  #else(word: string): Node[] {
    const next = this.#peekName();
    if (next !== undefined && next === word && word !== 'range') {
      this.#next();
      return [this.#control(next as 'if' | 'with')];
    }
    if (next !== undefined && controls.has(next)) throw this.error(`unexpected <${next}> in input`);
    this.#close('else');
    const { nodes, end } = this.list([word]);
    if (end !== 'end') throw this.error('expected end; found {{else}}');
    this.#close('end');
    return nodes;
  }

  #named(word: 'define' | 'block' | 'template'): Node | undefined {
    const name = this.#next();
    if (name?.kind !== 'string') throw this.error(`unexpected ${shown(name)} in ${word} clause`);
    const pipe = word === 'define' || (word === 'template' && this.#peek()?.kind === 'close') ? undefined : this.#pipe(`${word} clause`);
    this.#close(word);
    if (word !== 'template') {
      const outer = this.#variables;
      this.#variables = ['$'];
      const { nodes, end } = this.list([word]);
      if (end !== 'end') throw this.error('unexpected {{else}}');
      this.#close('end');
      this.#variables = outer;
      this.defined.set(name.text, nodes);
    }
    return word === 'define' ? undefined : { kind: 'template', name: name.text, pipe, text: `{{template ${JSON.stringify(name.text)}${pipe === undefined ? '' : ` ${pipe.text}`}}}`, at: name.at };
  }

  #pipe(context: string): Pipe {
    const start = this.#peek()?.at ?? 0;
    const { names, declares } = this.#declarations(context);
    const commands: Operand[][] = [];
    do {
      const command = this.#command(context);
      if (command.length > 0) commands.push(command);
      else if (this.#peek()?.kind === 'symbol' && !this.#peeksSymbol(')')) throw this.error(`unexpected ${shown(this.#peek())} in ${context}`);
    } while (this.#takeSymbol('|'));
    if (commands.length === 0) throw this.error(`missing value for ${context}`);
    if (declares) this.#variables.push(...names);
    return { names, declares, commands, at: start, text: this.#source.slice(start, this.#peek()?.at ?? this.#source.length).trim().replace(/\s*-?\}\}$/, '') };
  }

  #declarations(context: string): { names: string[]; declares: boolean } {
    const from = this.#at;
    const names: string[] = [];
    while (this.#peek()?.kind === 'variable') {
      names.push((this.#next() as { text: string }).text);
      if (!this.#takeSymbol(',')) break;
    }
    if (names.length > (context === 'range' ? 2 : 1)) throw this.error(`too many declarations in ${context}`);
    if (names.length > 0 && this.#takeSymbol(':=')) return { names, declares: true };
    if (names.length > 0 && this.#takeSymbol('=')) return { names, declares: false };
    this.#at = from;
    return { names: [], declares: false };
  }

  #command(context: string): Operand[] {
    const words: Operand[] = [];
    for (;;) {
      const operand = this.#operand(words.length > 0 ? 'operand' : context);
      if (operand === undefined) return words;
      words.push(operand);
    }
  }

  #operand(context: string): Operand | undefined {
    const token = this.#peek();
    const base = this.#term(context);
    if (base === undefined || token === undefined) return undefined;
    const fields: string[] = [];
    const at = this.#peek()?.at ?? token.at;
    for (let next = this.#peek(); next?.kind === 'field' && !next.spaced; next = this.#peek()) {
      fields.push(next.text.slice(1));
      this.#next();
    }
    if (fields.length === 0) return base;
    if (base.kind === 'chain') return { ...base, fields: [...base.fields, ...fields], text: base.text + fields.map((field) => `.${field}`).join(''), at };
    if (base.kind === 'constant') throw this.error(`unexpected . after term ${JSON.stringify(base.text)}`);
    return { kind: 'chain', base, fields, text: base.text + fields.map((field) => `.${field}`).join(''), at };
  }

  #term(context: string): Operand | undefined {
    const token = this.#peek();
    switch (token?.kind) {
      case 'string':
        this.#next();
        return { kind: 'constant', value: token.text, text: JSON.stringify(token.text), at: token.at };
      case 'number':
        this.#next();
        return { kind: 'constant', value: token.value, text: token.text, at: token.at };
      case 'field':
        this.#next();
        return { kind: 'chain', base: { kind: 'dot', text: '', at: token.at }, fields: [token.text.slice(1)], text: token.text, at: token.at };
      case 'variable':
        if (!this.#variables.includes(token.text)) throw this.error(`undefined variable "${token.text}"`);
        this.#next();
        return { kind: 'variable', name: token.text, text: token.text, at: token.at };
      case 'name':
        this.#next();
        return this.#word(token.text, token.at);
      case 'symbol':
        return this.#symbol(token, context);
      default:
        return undefined;
    }
  }

  #word(name: string, at: number): Operand {
    if (name === 'true' || name === 'false') return { kind: 'constant', value: name === 'true', text: name, at };
    if (name === 'nil') return { kind: 'constant', value: null, text: name, at };
    if (!this.#functions.has(name)) throw this.error(`function "${name}" not defined`);
    return { kind: 'function', name, text: name, at };
  }

  #symbol({ text: symbol, at }: { text: string; at: number }, context: string): Operand | undefined {
    if (symbol === '.') {
      this.#next();
      return { kind: 'dot', text: '.', at };
    }
    if (symbol === '(') {
      this.#next();
      const pipe = this.#pipe('parenthesized pipeline');
      if (!this.#takeSymbol(')')) throw this.error(`unclosed left paren`);
      return { kind: 'pipe', pipe, text: `(${pipe.text})`, at };
    }
    if (symbol === '|' || symbol === ')') return undefined;
    throw this.error(`unexpected ${JSON.stringify(symbol)} in ${context}`);
  }

  #close(context: string): void {
    const token = this.#next();
    if (token?.kind !== 'close') throw this.error(`unexpected ${shown(token)} in ${context}`);
  }

  #takeSymbol(text: string): boolean {
    if (!this.#peeksSymbol(text)) return false;
    this.#next();
    return true;
  }

  #peeksSymbol(text: string): boolean {
    const token = this.#peek();
    return token?.kind === 'symbol' && token.text === text;
  }

  #peekName(): string | undefined {
    const token = this.#peek();
    return token?.kind === 'name' ? token.text : undefined;
  }

  #peek(): Exclude<Token, { kind: 'error' }> | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind === 'error') throw token.error;
    return token;
  }

  #next(): Exclude<Token, { kind: 'error' }> | undefined {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }
}

function shown(token: Token | undefined): string {
  if (token === undefined) return 'EOF';
  return 'text' in token ? JSON.stringify(token.text) : `"${token.kind}"`;
}
