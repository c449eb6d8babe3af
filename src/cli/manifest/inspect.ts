import { GantryError } from '../../base/errors.ts';
import { define } from '../command.ts';
import type { Context } from '../context.ts';
import { bool } from '../grammar/flag.ts';
import { canonicalName, splitReference } from '../image/reference.ts';
import { documentOf, fetchManifest, type Descriptor } from './fetch.ts';
import { indexOf } from './index-of.ts';
import { fullName, needList, pinned, readList } from './local-lists.ts';

export const command = define({
  usage: '[OPTIONS] [MANIFEST_LIST] MANIFEST',
  flags: {
    insecure: bool('Allow communication with an insecure registry'),
    verbose: bool('Output additional info including layers and platform', { short: 'v' }),
  },
  arity: { least: 1, most: 2 },
  examples: [['The platforms of an image', 'gantry manifest inspect -v debian']],
  async run({ context, flags, args }) {
    const show = (value: unknown): void => context.print(JSON.stringify(value, undefined, '\t'));
    const [first = '', second] = args;
    if (second !== undefined) {
      const member = needList(context, first).members.find(({ name }) => name === fullName(second));
      if (member === undefined) throw new GantryError('notFound', `No such manifest: ${second}`);
      return show(flags.verbose ? await described(context, pinned(member), { insecure: flags.insecure, descriptor: member.descriptor }) : await plain(context, pinned(member), flags.insecure));
    }
    const local = readList(context, first);
    if (local !== undefined && !flags.verbose) return show(JSON.parse(indexOf(local).bytes.toString('utf8')));
    if (!flags.verbose) return show(await plain(context, first, flags.insecure));
    if (local !== undefined) return show(await Promise.all(local.members.map((member) => described(context, pinned(member), { insecure: flags.insecure, descriptor: member.descriptor }))));
    const found = await fetchManifest(context, first, flags.insecure);
    const { manifests } = documentOf(found);
    if (manifests === undefined) return show(describe(fullName(first), { ...found.Descriptor, ...(found.Platforms[0] && { platform: found.Platforms[0] }) }, found.Raw));
    const { name } = splitReference(canonicalName(first));
    show(await Promise.all(manifests.map((descriptor) => described(context, `${name}@${descriptor.digest}`, { insecure: flags.insecure, descriptor }))));
  },
});

async function plain(context: Context, name: string, insecure: boolean): Promise<unknown> {
  return documentOf(await fetchManifest(context, name, insecure));
}

async function described(context: Context, name: string, { insecure, descriptor }: { insecure: boolean; descriptor: Descriptor }): Promise<object> {
  return describe(name, descriptor, (await fetchManifest(context, name, insecure)).Raw);
}

function describe(name: string, descriptor: Descriptor, raw: string): object {
  const isOci = descriptor.mediaType.startsWith('application/vnd.oci.');
  return { Ref: name, Descriptor: descriptor, Raw: raw, [isOci ? 'OCIManifest' : 'SchemaV2Manifest']: documentOf({ Raw: raw }) };
}
