import { existsSync } from 'node:fs';
import { GantryError } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import { metaPath, writeContext } from '../connection/context-store.ts';
import { text } from '../grammar/flag.ts';
import { contextDirectory, currentName, defaultDescription, lookUp } from './current.ts';
import { dockerFlag, endpointOf, endpointSettings } from './docker-endpoint.ts';
import { checkName } from './names.ts';

export const command = define({
  usage: '[OPTIONS] CONTEXT',
  flags: { description: text('Description of the context'), docker: dockerFlag, from: text('create context from a named context') },
  arity: exactly(1),
  examples: [
    ['A machine that ssh reaches', 'gantry context create build-host --docker host=ssh://me@build-host'],
    ['One that wants certificates', 'gantry context create far --docker host=tcp://far:2376,ca=ca.pem,cert=cert.pem,key=key.pem'],
  ],
  async run({ context, flags, args }) {
    const name = args[0] ?? '';
    checkName(name);
    const directory = contextDirectory(context);
    if (existsSync(metaPath(directory, name))) throw new GantryError('conflict', `context "${name}" already exists`);
    const from = flags.from || currentName(context);
    const { endpoint, tls } = flags.docker.length > 0 ? endpointSettings(context, flags.docker) : endpointOf(context, from);
    const inherited = flags.docker.length > 0 ? {} : from === 'default' ? { Description: defaultDescription } : lookUp(context, from).Metadata;
    writeContext(directory, { Name: name, Metadata: flags.description === '' ? inherited : { Description: flags.description }, Endpoints: { docker: endpoint } }, tls);
    context.print(name);
    context.warn(`Successfully created context "${name}"`);
  },
});
