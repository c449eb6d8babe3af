import { define, none } from '../command.ts';
import { listText } from '../format/listing.ts';
import { ellipsis, idText } from '../format/text.ts';
import { bool } from '../grammar/flag.ts';
import { filterQuery, filters } from '../grammar/filters.ts';
import { formatFlag } from '../grammar/format-flag.ts';

interface Plugin { Id?: string; Name: string; Enabled: boolean; Config: { Description: string }; PluginReference?: string }

const headers = { ID: 'ID', Name: 'NAME', Description: 'DESCRIPTION', Enabled: 'ENABLED', PluginReference: 'PLUGIN REFERENCE' };

export const command = define({
  usage: '[OPTIONS]',
  flags: {
    filter: filters('Provide filter values (e.g. "enabled=true")', { short: 'f' }),
    format: formatFlag(),
    'no-trunc': bool("Don't truncate output"),
    quiet: bool('Only display plugin IDs', { short: 'q' }),
  },
  arity: none,
  examples: [['What another engine has installed', 'gantry plugin ls']],
  async run({ context, flags }) {
    const plugins = await context.api.json<Plugin[]>({ path: '/plugins', query: filterQuery(flags.filter) });
    const rows = plugins.map(({ Id: id = '', Name: name, Enabled: enabled, Config: { Description: description }, PluginReference: reference = '' }) => {
      const line = description.replaceAll(/[\r\n]/g, ' ');
      return { ID: idText(id, flags['no-trunc']), Name: name, Description: flags['no-trunc'] ? line : ellipsis(line, 45), Enabled: enabled, PluginReference: reference };
    });
    context.stdout.write(listText({ format: flags.format, headers, columns: '{{.ID}}\t{{.Name}}\t{{.Description}}\t{{.Enabled}}', quiet: flags.quiet ? '{{.ID}}' : undefined, type: '*plugin.pluginContext' }, rows));
  },
});
