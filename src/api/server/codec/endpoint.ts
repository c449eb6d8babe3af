import { field, optional, stringMap, strings, type Struct } from './field.ts';

/** What a person may say in an EndpointSettings; the rest of its fields are the engine's answers. */
export const endpointStruct: Struct = {
  name: 'EndpointSettings',
  fields: [
    field('IPAMConfig', { pointer: { struct: {
      name: 'EndpointIPAMConfig',
      fields: [optional('IPv4Address', 'string', 'ipv4Address'), optional('IPv6Address', 'string', 'ipv6Address'), optional('LinkLocalIPs', strings)],
    } } }, { key: 'ipamConfig' }),
    field('Links', strings),
    field('Aliases', strings),
    field('MacAddress', 'string'),
    field('DriverOpts', stringMap),
    field('GwPriority', 'int'),
  ],
};

export const networkingConfigStruct: Struct = {
  name: 'NetworkingConfig',
  fields: [field('EndpointsConfig', { map: { struct: endpointStruct } }, { key: 'endpoints' })],
};
