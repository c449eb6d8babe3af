import { GantryError } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import { segment } from '../each.ts';
import { list, text } from '../grammar/flag.ts';
import { int } from '../grammar/numbers.ts';
import { checkLink, toMap } from '../container/body/lists.ts';

export const command = define({
  usage: '[OPTIONS] NETWORK CONTAINER',
  flags: {
    alias: list('Add network-scoped alias for the container'),
    'driver-opt': list('driver options for the network'),
    'gw-priority': int('Highest gw-priority provides the default gateway. Accepts positive and negative values'),
    ip: text('IPv4 address (e.g., "172.30.100.104")'),
    ip6: text('IPv6 address (e.g., "2001:db8::33")'),
    link: list('Add link to another container', { check: checkLink }),
    'link-local-ip': list('Add a link-local address for the container'),
  },
  arity: exactly(2),
  names: 'network',
  examples: [['Under a further name', 'gantry network connect --alias db back postgres']],
  async run({ context, flags, args }) {
    const ipam = {
      ...(flags.ip === '' ? {} : { IPv4Address: flags.ip }), ...(flags.ip6 === '' ? {} : { IPv6Address: flags.ip6 }), ...(flags['link-local-ip'].length === 0 ? {} : { LinkLocalIPs: flags['link-local-ip'] }),
    };
    if (flags['driver-opt'].some((pair) => !pair.includes('='))) throw new GantryError('invalid', 'invalid key/value pair format in driver options');
    await context.api.done({
      method: 'POST', path: `/networks/${segment(args[0] ?? '', 'network')}/connect`,
      json: {
        Container: args[1],
        EndpointConfig: { IPAMConfig: ipam, Links: flags.link, Aliases: flags.alias, DriverOpts: toMap(flags['driver-opt']), GwPriority: flags['gw-priority'] },
      },
    });
  },
});
