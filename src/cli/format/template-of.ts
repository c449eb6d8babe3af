import { GantryError, messageOf } from '../../base/errors.ts';
import { compile, type CompileOptions } from '../../base/template/evaluate.ts';
import { describe, ExitError } from '../errors.ts';
import { guarded } from './listing.ts';

interface TemplateOptions extends CompileOptions {
  /** How complaints begin: about what cannot be read, and about what cannot be applied. */
  complaints?: { read: string; apply: string };
  /** What complaints call the template. */
  name?: string;
}

/** Readies the template of a command that shows things whole. One that cannot be read is a mistake of usage: the command ends with 64. */
export function templateOf(format: string, { complaints, name = '', ...options }: TemplateOptions = {}): (value: unknown) => string {
  const named = <T>(act: () => T, complaint: string | undefined): T => {
    try {
      return guarded(act, complaint);
    } catch (cause) {
      if (name === '') throw cause;
      throw new GantryError('invalid', messageOf(cause).replace('template: :', `template: ${name}:`).replace('executing ""', `executing "${name}"`), { cause });
    }
  };
  try {
    const compiled = named(() => compile(format, options), complaints?.read);
    return (value) => named(() => compiled.execute(value), complaints?.apply);
  } catch (error) {
    throw new ExitError(64, describe(error));
  }
}
