import { GantryError } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import { list, text } from '../grammar/flag.ts';
import { fullName, needList, writeList } from './local-lists.ts';

export const command = define({
  usage: '[OPTIONS] MANIFEST_LIST MANIFEST',
  flags: {
    arch: text('Set architecture'),
    os: text('Set operating system'),
    'os-features': list('Set operating system feature'),
    'os-version': text('Set operating system version'),
    variant: text('Set architecture variant'),
  },
  arity: exactly(2),
  examples: [['What the image does not say itself', 'gantry manifest annotate --variant v7 me/web:1 me/web:1-arm']],
  async run({ context, flags, args }) {
    const [name = '', wanted = ''] = args;
    const before = needList(context, name);
    const member = before.members.find((one) => one.name === fullName(wanted));
    if (member === undefined) throw new GantryError('notFound', `manifest for image ${wanted} does not exist in ${name}`);
    const platform = {
      ...{ architecture: '', os: '' }, ...member.descriptor.platform,
      ...(flags.arch === '' ? {} : { architecture: flags.arch }), ...(flags.os === '' ? {} : { os: flags.os }),
      ...(flags.variant === '' ? {} : { variant: flags.variant }), ...(flags['os-version'] === '' ? {} : { 'os.version': flags['os-version'] }),
      ...(flags['os-features'].length === 0 ? {} : { 'os.features': flags['os-features'].flatMap((value) => value.split(',')) }),
    };
    if (platform.architecture === '' || platform.os === '') throw new GantryError('invalid', `manifest entry for image has unsupported os/arch combination: ${platform.os}/${platform.architecture}`);
    const members = before.members.map((one) => (one === member ? { ...one, descriptor: { ...one.descriptor, platform } } : one));
    writeList(context, { ...before, members });
  },
});
