import { define, exactly } from '../command.ts';
import { readContext, readTls, writeContext } from '../connection/context-store.ts';
import { text } from '../grammar/flag.ts';
import { contextDirectory } from './current.ts';
import { dockerFlag, endpointSettings } from './docker-endpoint.ts';
import { checkName } from './names.ts';

export const command = define({
  usage: '[OPTIONS] CONTEXT',
  flags: { description: text('Description of the context'), docker: dockerFlag },
  arity: exactly(1),
  examples: [['The machine has moved', 'gantry context update build-host --docker host=ssh://me@new-host']],
  async run({ context, flags, args }) {
    const name = args[0] ?? '';
    checkName(name);
    const directory = contextDirectory(context);
    const before = readContext(directory, name);
    const { endpoint, tls } = flags.docker.length > 0 ? endpointSettings(context, flags.docker) : { endpoint: before.Endpoints.docker ?? {}, tls: readTls(directory, name) };
    writeContext(directory, { Name: name, Metadata: flags.description === '' ? before.Metadata : { ...before.Metadata, Description: flags.description }, Endpoints: { docker: endpoint } }, tls);
    context.print(name);
    context.warn(`Successfully updated context "${name}"`);
  },
});
