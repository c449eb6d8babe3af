import { GantryError } from '../base/errors.ts';
import { booleanComplaint, parseBoolean } from '../base/parse-boolean.ts';

export interface BooleanFlags { said: Record<string, boolean>; others: string[] }

/** Docker's flags that are true or false take `--flag=false` too, which `parseArgs` does not know. @throws invalid, in Docker's words */
export function takeBooleanFlags(argv: readonly string[], options: Record<string, { type: string }>): BooleanFlags {
  const said: Record<string, boolean> = {};
  const others = argv.filter((argument) => {
    const [, name = '', value = ''] = /^--([a-z0-9-]+)=(.*)$/s.exec(argument) ?? [];
    if (!Object.hasOwn(options, name) || options[name]?.type !== 'boolean') return true;
    const read = parseBoolean(value);
    if (read === undefined) throw new GantryError('invalid', `invalid argument ${JSON.stringify(value)} for "--${name}" flag: ${booleanComplaint(value)}`);
    said[name] = read;
    return false;
  });
  return { said, others };
}
