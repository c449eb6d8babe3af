import { GantryError } from '../../base/errors.ts';
import { define, exactly } from '../command.ts';
import { list, text } from '../grammar/flag.ts';
import { fullName, readList, writeList } from './local-lists.ts';

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
    const before = readList(context, name) ?? { name: fullName(name), members: [] };
    const member = before.members.find((one) => one.name === fullName(wanted));
    if (member === undefined) throw new GantryError('notFound', `manifest for image ${wanted} does not exist in ${name}`);
    const platform = {
      ...{ architecture: '', os: '' }, ...member.descriptor.platform,
      ...(flags.arch === '' ? {} : { architecture: flags.arch }), ...(flags.os === '' ? {} : { os: flags.os }),
      ...(flags.variant === '' ? {} : { variant: flags.variant }), ...(flags['os-version'] === '' ? {} : { 'os.version': flags['os-version'] }),
      ...(flags['os-features'].length === 0 ? {} : { 'os.features': flags['os-features'].flatMap((value) => value.split(',')) }),
    };
    if (!isKnown(platform)) throw new GantryError('invalid', `manifest entry for image has unsupported os/arch combination: ${flags.os}/${flags.arch}`);
    const members = before.members.map((one) => (one === member ? { ...one, descriptor: { ...one.descriptor, platform } } : one));
    writeList(context, { ...before, members });
  },
});

/** What Go runs on, which is what Docker lets pass. https://go.dev/doc/install/source#environment */
const known: Readonly<Record<string, string>> = {
  aix: 'ppc64', android: '386 amd64 arm arm64', darwin: '386 amd64 arm arm64', dragonfly: 'amd64', freebsd: '386 amd64 arm arm64 riscv64', illumos: 'amd64', ios: 'amd64 arm64', js: 'wasm',
  linux: '386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x', netbsd: '386 amd64 arm arm64', openbsd: '386 amd64 arm arm64 ppc64 riscv64', plan9: '386 amd64 arm',
  solaris: 'amd64', wasip1: 'wasm', windows: '386 amd64 arm arm64',
};

function isKnown({ os, architecture }: { os: string; architecture: string }): boolean {
  return Object.hasOwn(known, os) && known[os]!.split(' ').includes(architecture);
}
