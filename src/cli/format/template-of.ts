import { describe, ExitError } from '../errors.ts';
import { compile, type CompileOptions } from '../../base/template/evaluate.ts';
import { guarded } from './listing.ts';

/** Readies the template of a command that shows things whole. One that cannot be read is a mistake of usage: the command ends with 64. */
export function templateOf(format: string, options: CompileOptions = {}): (value: unknown) => string {
  try {
    const compiled = guarded(() => compile(format, options));
    return (value) => guarded(() => compiled.execute(value));
  } catch (error) {
    throw new ExitError(64, describe(error));
  }
}
