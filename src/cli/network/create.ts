import { GantryError } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import { checkLabel, toMap } from '../container/body/lists.ts';
import { bool, list, text } from '../grammar/flag.ts';
import { ipamConfig } from './ipam.ts';

export const command = define({
  usage: '[OPTIONS] NETWORK',
  flags: {
    attachable: bool('Enable manual container attachment'),
    'aux-address': list('Auxiliary IPv4 or IPv6 addresses used by Network driver', { type: 'map' }),
    'config-from': text('The network from which to copy the configuration'),
    'config-only': bool('Create a configuration only network'),
    driver: text('Driver to manage the Network', { short: 'd', initial: 'bridge' }),
    gateway: list('IPv4 or IPv6 Gateway for the master subnet', { type: 'strings' }),
    ingress: bool('Create swarm routing-mesh network'),
    internal: bool('Restrict external access to the network'),
    'ip-range': list('Allocate container ip from a sub-range', { type: 'strings' }),
    'ipam-driver': text('IP Address Management Driver', { initial: 'default' }),
    'ipam-opt': list('Set IPAM driver specific options', { type: 'map' }),
    ipv4: bool('Enable or disable IPv4 address assignment', { initial: true }),
    ipv6: bool('Enable or disable IPv6 address assignment'),
    label: list('Set metadata on a network', { check: checkLabel }),
    opt: list('Set driver specific options', { short: 'o', type: 'map' }),
    scope: text("Control the network's scope"),
    subnet: list('Subnet in CIDR format that represents a network segment', { type: 'strings' }),
  },
  arity: exactly(1),
  examples: [['With addresses of its own', 'gantry network create --subnet 10.9.0.0/24 --gateway 10.9.0.1 back']],
  async run({ context, flags, given, args }) {
    if (flags['config-only'] && flags['config-from'] !== '') throw new GantryError('invalid', 'cannot specify both --config-only and --config-from');
    const split = (values: readonly string[]): string[] => values.flatMap((value) => value.split(','));
    const { Id: id, Warning: warning } = await context.api.json<{ Id: string; Warning?: string }>({
      method: 'POST', path: '/networks/create',
      json: {
        Name: args[0], Driver: flags.driver, Options: toMap(flags.opt),
        IPAM: {
          Driver: flags['ipam-driver'], Options: toMap(flags['ipam-opt']),
          Config: ipamConfig({ subnets: split(flags.subnet), ranges: split(flags['ip-range']), gateways: split(flags.gateway), auxiliary: toMap(flags['aux-address']) }),
        },
        Internal: flags.internal, Attachable: flags.attachable, Ingress: flags.ingress, Scope: flags.scope, ConfigOnly: flags['config-only'],
        ...(flags['config-from'] === '' ? {} : { ConfigFrom: { Network: flags['config-from'] } }),
        ...(given.has('ipv4') ? { EnableIPv4: flags.ipv4 } : {}), ...(given.has('ipv6') ? { EnableIPv6: flags.ipv6 } : {}),
        Labels: toMap(flags.label),
      },
    });
    if (warning !== undefined && warning !== '') context.warn(`WARNING: ${warning}`);
    context.print(id);
  },
});
