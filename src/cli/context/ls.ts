import { define, none } from '../command.ts';
import { listContexts } from '../connection/context-store.ts';
import { listText } from '../format/listing.ts';
import { ellipsis } from '../format/text.ts';
import { bool } from '../grammar/flag.ts';
import { formatFlag } from '../grammar/format-flag.ts';
import { contextDirectory, currentName, lookUp } from './current.ts';

const headers = { Name: 'NAME', Current: '', Description: 'DESCRIPTION', DockerEndpoint: 'DOCKER ENDPOINT', Error: 'ERROR' };
const columns = '{{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}';

export const command = define({
  usage: '[OPTIONS]',
  flags: { format: formatFlag(), quiet: bool('Only show context names', { short: 'q' }) },
  arity: none,
  examples: [['Engines that have a name here', 'gantry context ls']],
  async run({ context, flags }) {
    const current = currentName(context);
    const rows = [lookUp(context, 'default'), ...listContexts(contextDirectory(context))].map(({ Name: name, Metadata: { Description: description = '' }, Endpoints: { docker } }) => ({
      Name: name, Current: name === current, Description: name === 'default' ? "The engine of this machine, or the environment's" : ellipsis(description, 60), DockerEndpoint: docker?.Host ?? '', Error: '',
    }));
    context.stdout.write(listText({ format: flags.format, headers, columns, quiet: flags.quiet ? '{{.Name}}' : undefined }, rows));
  },
});
