import { messageOf } from '../../base/errors.ts';
import { define, none } from '../command.ts';
import { listContexts } from '../connection/context-store.ts';
import type { Context } from '../context.ts';
import { listText, type Row } from '../format/listing.ts';
import { ellipsis } from '../format/text.ts';
import { bool } from '../grammar/flag.ts';
import { formatFlag } from '../grammar/format-flag.ts';
import { contextDirectory, currentName, defaultDescription, hostVariable, lookUp } from './current.ts';

const headers = { Name: 'NAME', Current: '', Description: 'DESCRIPTION', DockerEndpoint: 'DOCKER ENDPOINT', Error: 'ERROR' };
const columns = '{{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}';

export const command = define({
  usage: '[OPTIONS]',
  flags: { format: formatFlag(), quiet: bool('Only show context names', { short: 'q' }) },
  arity: none,
  examples: [['Engines that have a name here', 'gantry context ls']],
  async run({ context, flags }) {
    const current = currentName(context);
    const known = [lookUp(context, 'default'), ...listContexts(contextDirectory(context))];
    const rows = known.map(({ Name: name, Metadata: { Description: description = '' }, Endpoints: { docker } }): Row => (
      { Name: name, Current: name === current, Description: name === 'default' ? defaultDescription : ellipsis(description, 60), DockerEndpoint: docker?.Host ?? '', Error: '' }
    ));
    if (!known.some(({ Name: name }) => name === current)) rows.push({ Name: current, Current: true, Description: '', DockerEndpoint: '', Error: ellipsis(absence(context, current), 45) });
    rows.sort((left, right) => String(left['Name']).localeCompare(String(right['Name']), 'en', { numeric: true }));
    context.stdout.write(listText({ format: flags.format, headers, columns, quiet: flags.quiet ? '{{.Name}}' : undefined, type: '*formatter.clientContextContext' }, rows));
    const named = hostVariable(context);
    if (named !== undefined) context.warn(`Warning: ${named} environment variable overrides the active context. To use a context, either set the global --context flag, or unset ${named} environment variable.`);
  },
});

function absence(context: Context, name: string): string {
  try {
    lookUp(context, name);
    return '';
  } catch (error) {
    return messageOf(error);
  }
}
