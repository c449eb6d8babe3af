import { define, none } from '../command.ts';
import { describe } from '../errors.ts';
import { guarded } from '../format/listing.ts';
import { shortFormatFlag } from '../grammar/format-flag.ts';
import { compile } from '../template/evaluate.ts';
import { clientVersion } from './version-line.ts';

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

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', ia32: '386' };

export const command = define({
  usage: '[OPTIONS]',
  flags: { format: shortFormatFlag() },
  arity: none,
  examples: [['The version of the daemon alone', "gantry version --format '{{.Server.Version}}'"]],
  async run({ context, flags }) {
    const { server, failure } = await context.api.json<ServerVersion>({ path: '/version' }).then(
      (value) => ({ server: value, failure: undefined }),
      (error: unknown) => ({ server: undefined, failure: error }),
    );
    const client = {
      Version: clientVersion(), ApiVersion: context.api.apiVersion, DefaultAPIVersion: context.api.apiVersion,
      NodeVersion: process.version, Os: process.platform, Arch: architectures[process.arch] ?? process.arch, Context: 'default',
    };
    context.print(flags.format === '' ? versionText(client, server) : formatted(flags.format, client, server));
    if (failure === undefined) return 0;
    context.warn(describe(failure));
    return 1;
  },
});

type ClientVersion = Record<string, string>;

function formatted(format: string, client: ClientVersion, server: ServerVersion | undefined): string {
  if (format === 'json') return JSON.stringify({ Client: client, Server: server ?? null });
  // Templates know the field by another name than the wire does.
  const named = { Client: { ...client, APIVersion: client['ApiVersion'] }, Server: server === undefined ? null : { ...server, APIVersion: server.ApiVersion } };
  return guarded(() => compile(format).execute(named));
}

function versionText(client: ClientVersion, server: ServerVersion | undefined): string {
  const lines = ['Client: Gantry', ...rows([['Version', client['Version']], ['API version', client['ApiVersion']], ['Node version', client['NodeVersion']], ['OS/Arch', `${client['Os']}/${client['Arch']}`], ['Context', client['Context']]], 1)];
  if (server === undefined) return lines.join('\n');
  lines.push('', `Server:${server.Platform?.Name ? ` ${server.Platform.Name}` : ''}`);
  const [engine, ...others] = server.Components ?? [];
  lines.push(` ${engine?.Name ?? 'Engine'}:`, ...rows([
    ['Version', server.Version], ['API version', `${server.ApiVersion}${server.MinAPIVersion ? ` (minimum version ${server.MinAPIVersion})` : ''}`],
    ['Go version', server.GoVersion], ['Git commit', server.GitCommit], ['Built', server.BuildTime], ['OS/Arch', `${server.Os}/${server.Arch}`], ['Experimental', String(server.Experimental ?? false)],
  ], 2));
  for (const { Name: name, Version: version, Details: details } of others) lines.push(` ${name}:`, ...rows([['Version', version], ['GitCommit', details?.['GitCommit']]], 2));
  return lines.join('\n');
}

function rows(pairs: readonly (readonly [string, string | undefined])[], indent: number): string[] {
  return pairs.filter(([, value]) => value !== undefined && value !== '').map(([name, value]) => `${' '.repeat(indent)}${`${name}:`.padEnd(19 - indent)}${value}`);
}
