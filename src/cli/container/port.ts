import { GantryError } from '../../base/errors.ts';
import { socketText } from '../../base/socket-text.ts';
import { define } from '../command.ts';
import { inspectContainer } from './container-state.ts';

export const command = define({
  usage: 'CONTAINER [PRIVATE_PORT[/PROTO]]',
  flags: {},
  arity: { least: 1, most: 2 },
  names: 'running',
  examples: [['Where port 80 can be reached', 'gantry port web 80']],
  async run({ context, args }) {
    const [name = '', wanted] = args;
    const ports = (await inspectContainer(context, name)).NetworkSettings?.Ports ?? {};
    const address = ({ HostIp: ip, HostPort: port }: { HostIp: string; HostPort: string }): string => socketText(ip, port);
    if (wanted !== undefined) {
      const [number = '', protocol = 'tcp'] = wanted.split('/');
      if (!/^\d+$/.test(number) || Number(number) > 65535) throw new GantryError('invalid', `Error: invalid port (${number}): strconv.ParseUint: parsing ${JSON.stringify(number)}: ${/^\d+$/.test(number) ? 'value out of range' : 'invalid syntax'}`);
      const found = ports[`${number}/${protocol}`] ?? [];
      if (found.length === 0) throw new GantryError('notFound', `Error: No public port '${wanted}' published for ${name}`);
      for (const binding of found) context.print(address(binding));
      return;
    }
    const byNumber = (left: string, right: string): number => Number.parseInt(left, 10) - Number.parseInt(right, 10) || (left < right ? -1 : 1);
    for (const port of Object.keys(ports).sort(byNumber)) for (const binding of ports[port] ?? []) context.print(`${port} -> ${address(binding)}`);
  },
});
