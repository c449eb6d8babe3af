import { optional, stringMap, strings, type Struct } from './field.ts';

/** The Engine API's Mount, one entry of HostConfig.Mounts. */
export const mountStruct: Struct = {
  name: 'Mount',
  fields: [
    optional('Type', 'string'),
    optional('Source', 'string'),
    optional('Target', 'string'),
    optional('ReadOnly', 'bool'),
    optional('Consistency', 'string'),
    optional('BindOptions', { pointer: { struct: {
      name: 'BindOptions',
      fields: [
        optional('Propagation', 'string'), optional('NonRecursive', 'bool'), optional('CreateMountpoint', 'bool'),
        optional('ReadOnlyNonRecursive', 'bool'), optional('ReadOnlyForceRecursive', 'bool'),
      ],
    } } }),
    optional('VolumeOptions', { pointer: { struct: {
      name: 'VolumeOptions',
      fields: [
        optional('NoCopy', 'bool'), optional('Labels', stringMap), optional('Subpath', 'string'),
        optional('DriverConfig', { pointer: { struct: { name: 'Driver', fields: [optional('Name', 'string'), optional('Options', stringMap)] } } }),
      ],
    } } }),
    optional('ImageOptions', { pointer: { struct: { name: 'ImageOptions', fields: [optional('Subpath', 'string')] } } }),
    optional('TmpfsOptions', { pointer: { struct: {
      name: 'TmpfsOptions',
      fields: [optional('SizeBytes', 'int64'), optional('Mode', 'uint32'), optional('Options', { list: strings })],
    } } }),
  ],
};
