import { hasKind } from '../../base/errors.ts';
import { define, none } from '../command.ts';
import { describe } from '../errors.ts';
import { currentName } from '../context/current.ts';
import { templateOf } from '../format/template-of.ts';
import { binarySize } from '../format/sizes.ts';
import { printWhole } from '../format/print-whole.ts';
import { viewOf } from '../structures/view.ts';
import { shortFormatFlag } from '../grammar/format-flag.ts';
import { clientVersion } from './client-version.ts';

type Info = Record<string, unknown>;

export const command = define({
  usage: '[OPTIONS]',
  flags: { format: shortFormatFlag() },
  arity: none,
  examples: [['The root directory of the engine', "gantry info -f '{{.DockerRootDir}}'"]],
  async run({ context, flags }) {
    const template = flags.format === '' || flags.format === 'json' ? undefined : templateOf(flags.format, { complaints: { read: 'template parsing error', apply: '' } });
    const client = { Version: clientVersion(), Context: currentName(context), Debug: context.globals.debug, Plugins: [] };
    const { info, failure } = await context.api.json<Info>({ path: '/info' }).then(
      (value) => ({ info: value, failure: undefined }),
      (error: unknown) => ({ info: undefined, failure: error }),
    );
    if (flags.format !== '') {
      const value = { ...info, ClientInfo: client, ...(failure === undefined ? {} : { ServerErrors: [describe(failure)] }) };
      if (template === undefined) context.print(JSON.stringify(value));
      else printWhole(context, () => template(viewOf('system.dockerInfo', value)));
    } else {
      context.print(['Client: Gantry', ` Version:    ${client.Version}`, ` Context:    ${client.Context}`, ` Debug Mode: ${client.Debug}`, ''].join('\n'));
      context.print('Server:');
      if (info !== undefined) for (const line of infoLines(info)) context.print(line);
      for (const warning of (info?.['Warnings'] as string[] | null | undefined) ?? []) context.warn(warning);
    }
    if (failure === undefined) return 0;
    context.warn(flags.format === '' && !hasKind(failure, 'unavailable') ? `ERROR: ${describe(failure)}\nerrors pretty printing info` : describe(failure));
    return 1;
  },
});

/** The lines below `Server:`; what the engine does not tell is left out. */
export function infoLines(info: Info): string[] {
  const line = (title: string, key: string, show: (value: never) => string = String): string[] => (info[key] === undefined || info[key] === null || info[key] === '' ? [] : [` ${title}: ${show(info[key] as never)}`]);
  const plugins = (info['Plugins'] ?? {}) as Record<string, string[] | null>;
  const status = (info['DriverStatus'] ?? []) as [string, string][] | null;
  const security = (info['SecurityOptions'] ?? []) as string[] | null;
  return [
    ...line('Containers', 'Containers'), ...line(' Running', 'ContainersRunning'), ...line(' Paused', 'ContainersPaused'), ...line(' Stopped', 'ContainersStopped'),
    ...line('Images', 'Images'), ...line('Server Version', 'ServerVersion'), ...line('Storage Driver', 'Driver'), ...(status ?? []).map(([key, value]) => `  ${key}: ${value}`),
    ...line('Logging Driver', 'LoggingDriver'), ...line('Cgroup Driver', 'CgroupDriver'), ...line('Cgroup Version', 'CgroupVersion'),
    ' Plugins:', ...['Volume', 'Network', 'Log'].map((kind) => `  ${kind}: ${(plugins[kind] ?? []).join(' ')}`),
    ...line('Swarm', 'Swarm', ({ LocalNodeState: state }: { LocalNodeState?: string }) => state ?? ''),
    ...line('Runtimes', 'Runtimes', (runtimes: Record<string, unknown>) => Object.keys(runtimes).sort().join(' ')), ...line('Default Runtime', 'DefaultRuntime'), ...line('Init Binary', 'InitBinary'),
    ...[['containerd', 'ContainerdCommit'], ['runc', 'RuncCommit'], ['init', 'InitCommit']].flatMap(([title = '', key = '']) => line(`${title} version`, key, ({ ID: id }: { ID?: string }) => id ?? '')),
    ...((security ?? []).length === 0 ? [] : [' Security Options:', ...(security ?? []).flatMap(securityLines)]),
    ...line('Kernel Version', 'KernelVersion'), ...line('Operating System', 'OperatingSystem'), ...line('OSType', 'OSType'), ...line('Architecture', 'Architecture'),
    ...line('CPUs', 'NCPU'), ...line('Total Memory', 'MemTotal', binarySize), ...line('Name', 'Name'), ...line('ID', 'ID'), ...line('Docker Root Dir', 'DockerRootDir'),
    ...line('Debug Mode', 'Debug'), ...line('HTTP Proxy', 'HttpProxy'), ...line('HTTPS Proxy', 'HttpsProxy'), ...line('No Proxy', 'NoProxy'),
    ...line('Experimental', 'ExperimentalBuild'), ...insecure(info['RegistryConfig'] as RegistryConfig | null | undefined), ...line('Live Restore Enabled', 'LiveRestoreEnabled'),
  ];
}

interface RegistryConfig { IndexConfigs?: Record<string, { Secure?: boolean }> | null; InsecureRegistryCIDRs?: string[] | null; Mirrors?: string[] | null }

function insecure(config: RegistryConfig | null | undefined): string[] {
  const named = Object.entries(config?.IndexConfigs ?? {}).filter(([, { Secure: secure }]) => secure === false).map(([name]) => name);
  const all = [...named, ...(config?.InsecureRegistryCIDRs ?? [])];
  const mirrors = config?.Mirrors ?? [];
  return [
    ...(all.length === 0 ? [] : [' Insecure Registries:', ...all.map((name) => `  ${name}`)]),
    ...(mirrors.length === 0 ? [] : [' Registry Mirrors:', ...mirrors.map((name) => `  ${name}`)]),
  ];
}

/** `name=seccomp,profile=builtin`: the name on a line of its own, its settings below. */
function securityLines(option: string): string[] {
  return option.split(',').map((pair) => {
    const [key = '', value = ''] = pair.split('=');
    return key === 'name' ? `  ${value}` : `   ${key.charAt(0).toUpperCase()}${key.slice(1)}: ${value}`;
  });
}
