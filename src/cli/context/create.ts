import { existsSync } from 'node:fs';
import { parseAddress } from '../../api/client/address.ts';
import { GantryError } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import { metaPath, writeContext, type StoredContext } from '../connection/context-store.ts';
import { list, text } from '../grammar/flag.ts';
import { contextDirectory, currentName, lookUp } from './current.ts';

export const command = define({
  usage: '[OPTIONS] CONTEXT',
  flags: {
    description: text('Description of the context'),
    docker: list('set the docker endpoint, as host=ADDRESS', { type: 'stringToString', check: pair }),
    from: text('create context from a named context'),
  },
  arity: exactly(1),
  examples: [['A machine that ssh reaches', 'gantry context create build-host --docker host=ssh://me@build-host']],
  async run({ context, flags, args }) {
    const name = args[0] ?? '';
    checkName(name);
    const directory = contextDirectory(context);
    if (existsSync(metaPath(directory, name))) throw new GantryError('conflict', `context "${name}" already exists`);
    const made: StoredContext = { ...(flags.docker.length > 0 ? { Endpoints: { docker: endpoint(flags.docker) } } : { Endpoints: lookUp(context, flags.from || currentName(context)).Endpoints }), Name: name, Metadata: flags.description === '' ? {} : { Description: flags.description } };
    writeContext(directory, made);
    context.print(name);
    context.warn(`Successfully created context "${name}"`);
  },
});

function pair(value: string): string {
  if (!value.includes('=')) throw new Error(`${value} must be formatted as key=value`);
  return value;
}

function checkName(name: string): void {
  if (name === 'default') throw new GantryError('invalid', '"default" is a reserved context name');
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/.test(name)) throw new GantryError('invalid', `context name "${name}" is invalid, names are validated against regexp "^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$"`);
}

/** @throws invalid for another key than `host`: certificates are named by --tlscacert and its like */
function endpoint(settings: readonly string[]): { Host: string; SkipTLSVerify: boolean } {
  const pairs = settings.flatMap((setting) => setting.split(',')).map((pair) => [pair.slice(0, Math.max(0, pair.indexOf('='))), pair.slice(pair.indexOf('=') + 1)]);
  const odd = pairs.find(([key]) => key !== 'host');
  if (odd !== undefined) throw new GantryError('invalid', `unrecognized config key: ${odd[0] || odd[1]}`, { hint: 'Only host=ADDRESS is kept; name certificates with --tlscacert, --tlscert and --tlskey.' });
  const host = pairs.at(-1)?.[1] ?? '';
  parseAddress(host);
  return { Host: host, SkipTLSVerify: false };
}
