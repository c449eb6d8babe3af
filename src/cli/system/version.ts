import { build } from '../../base/build.ts';
import { hostArchitecture } from '../../host/architecture.ts';
import { define, none } from '../command.ts';
import { currentName } from '../context/current.ts';
import { describe } from '../errors.ts';
import { templateOf } from '../format/template-of.ts';
import { printWhole } from '../format/print-whole.ts';
import { viewOf } from '../structures/view.ts';
import { shortFormatFlag } from '../grammar/format-flag.ts';
import { clientVersion } from './client-version.ts';

interface ServerVersion {
  Platform?: { Name?: string };
  Components?: { Name: string; Version: string; Details?: Record<string, string> }[];
  Version: string;
  ApiVersion: string;
  MinAPIVersion?: string;
  GitCommit?: string;
  GoVersion?: string;
  Os: string;
  Arch: string;
  KernelVersion?: string;
  BuildTime?: string;
  Experimental?: boolean;
}

export const command = define({
  usage: '[OPTIONS]',
  flags: { format: shortFormatFlag() },
  arity: none,
  examples: [['The version of the daemon alone', "gantry version --format '{{.Server.Version}}'"]],
  async run({ context, flags }) {
    const template = flags.format === '' || flags.format === 'json' ? undefined : templateOf(flags.format, { name: 'version', complaints: { read: 'template parsing error', apply: '' } });
    const { server, failure } = await context.api.json<ServerVersion>({ path: '/version' }).then(
      (value) => ({ server: value, failure: undefined }),
      (error: unknown) => ({ server: undefined, failure: error }),
    );
    const client = {
      Version: clientVersion(), ApiVersion: context.api.apiVersion, DefaultAPIVersion: context.api.apiVersion, GitCommit: build.gitCommit,
      NodeVersion: process.version, Os: process.platform, Arch: hostArchitecture(), BuildTime: build.time, Context: currentName(context),
    };
    const both = { Client: client, Server: server ?? null };
    if (flags.format === '') context.print(versionText(client, server));
    else if (template === undefined) context.print(JSON.stringify(both));
    else {
      try {
        printWhole(context, () => template(viewOf('system.versionInfo', both)));
      } catch (error) {
        // A template that asks for the server says less than why there is none.
        if (failure === undefined) throw error;
      }
    }
    if (failure === undefined) return 0;
    context.warn(describe(failure));
    return 1;
  },
});

type ClientVersion = Record<string, string>;

function versionText(client: ClientVersion, server: ServerVersion | undefined): string {
  const lines = ['Client: Gantry', ...rows([['Version', client['Version']], ['API version', client['ApiVersion']], ['Node version', client['NodeVersion']], ['Git commit', client['GitCommit']], ['Built', readable(client['BuildTime'])], ['OS/Arch', `${client['Os']}/${client['Arch']}`], ['Context', client['Context']]], 1)];
  if (server === undefined) return lines.join('\n');
  lines.push('', `Server:${server.Platform?.Name ? ` ${server.Platform.Name}` : ''}`);
  const [engine, ...others] = server.Components ?? [];
  lines.push(` ${engine?.Name ?? 'Engine'}:`, ...rows([
    ['Version', server.Version], ['API version', `${server.ApiVersion}${server.MinAPIVersion ? ` (minimum version ${server.MinAPIVersion})` : ''}`],
    ['Go version', server.GoVersion], ['Git commit', server.GitCommit], ['Built', readable(server.BuildTime)], ['OS/Arch', `${server.Os}/${server.Arch}`], ['Experimental', String(server.Experimental ?? false)],
  ], 2));
  for (const { Name: name, Version: version, Details: details } of others) lines.push(` ${name}:`, ...rows([['Version', version], ['GitCommit', details?.['GitCommit']]], 2));
  return lines.join('\n');
}

/** `Fri May 30 12:07:16 2025`; what is no time stays as it is. */
function readable(time = ''): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const [weekday = '', day = '', month = '', year = '', clock = ''] = date.toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${clock} ${year}`;
}

function rows(pairs: readonly (readonly [string, string | undefined])[], indent: number): string[] {
  return pairs.filter(([, value]) => value !== undefined && value !== '').map(([name, value]) => `${' '.repeat(indent)}${`${name}:`.padEnd(19 - indent)}${value}`);
}
