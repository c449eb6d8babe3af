import { dirname } from 'node:path';
import { any, define } from '../command.ts';
import { metaPath, readTls, tlsPath } from '../connection/context-store.ts';
import type { Context } from '../context.ts';
import { inspectObjects } from '../inspect-objects.ts';
import { text } from '../grammar/flag.ts';
import { contextDirectory, currentName, lookUp } from './current.ts';

export const command = define({
  usage: '[OPTIONS] [CONTEXT] [CONTEXT...]',
  flags: { format: text("Format output: 'json' or a Go template", { short: 'f', choices: ['json'] }) },
  arity: any,
  examples: [['The address of the current one', "gantry context inspect -f '{{.Endpoints.docker.Host}}'"]],
  async run({ context, flags, args }) {
    await inspectObjects(context, args.length === 0 ? [currentName(context)] : args, { format: flags.format, fetch: async (name) => ({ type: 'context.contextWithTLSListing', json: described(context, name), made: true }) });
  },
});

/** What is kept of one, and where. */
function described(context: Context, name: string): object {
  const directory = contextDirectory(context);
  const inMemory = name === 'default';
  const { Name, Metadata, Endpoints } = lookUp(context, name);
  const files = inMemory ? [] : Object.keys(readTls(directory, name));
  return {
    Name, Metadata, Endpoints, TLSMaterial: files.length === 0 ? {} : { docker: files },
    Storage: inMemory ? { MetadataPath: '<IN MEMORY>', TLSPath: '<IN MEMORY>' } : { MetadataPath: dirname(metaPath(directory, name)), TLSPath: tlsPath(directory, name) },
  };
}
