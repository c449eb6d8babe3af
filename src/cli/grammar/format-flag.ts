import { text, type Flag } from './flag.ts';

/** `--format` of lists. */
export function formatFlag(): Flag<string> {
  return text("Format output: 'table' (default), 'table TEMPLATE', 'json' or a Go template", { choices: ['table', 'json'] });
}

/** `-f`, `--format` of commands that show one thing. */
export function shortFormatFlag(): Flag<string> {
  return text("Format output: 'json' or a Go template", { short: 'f', choices: ['json'] });
}
