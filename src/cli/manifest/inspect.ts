import { GantryError } from '../../base/errors.ts';
import { define } from '../command.ts';
import type { Context } from '../context.ts';
import { bool } from '../grammar/flag.ts';
import { documentOf, fetchManifest, type Descriptor } from './fetch.ts';
import { indexOf, ordered } from './index-of.ts';
import { fullName, needList, pinned, readList, type Member } from './local-lists.ts';

export const command = define({
  usage: '[OPTIONS] [MANIFEST_LIST] MANIFEST',
  flags: {
    insecure: bool('Allow communication with an insecure registry'),
    verbose: bool('Output additional info including layers and platform', { short: 'v' }),
  },
  arity: { least: 1, most: 2 },
  examples: [['The platforms of an image', 'gantry manifest inspect -v debian']],
  async run({ context, flags, args }) {
    const show = (value: unknown): void => context.print(JSON.stringify(value, undefined, isList(value) ? 3 : '\t'));
    const [first = '', second] = args;
    const options = { insecure: flags.insecure };
    if (second !== undefined) {
      const member = needList(context, first).members.find(({ name }) => name === fullName(second));
      if (member === undefined) throw new GantryError('notFound', `No such manifest: ${second}`);
      return show(flags.verbose ? await described(context, member, options) : await plain(context, pinned(member), flags.insecure));
    }
    const local = readList(context, first);
    if (local !== undefined && !flags.verbose) return show(JSON.parse(indexOf(local).bytes.toString('utf8')));
    if (!flags.verbose) return show(await plain(context, first, flags.insecure));
    if (local !== undefined) return show(await Promise.all(local.members.map((member) => described(context, member, options))));
    const found = await fetchManifest(context, first, flags.insecure);
    const { manifests } = documentOf(found);
    if (manifests === undefined) return show(describe(fullName(first), { ...found.Descriptor, ...(found.Platforms[0] && { platform: found.Platforms[0] }) }, found.Raw));
    show(await Promise.all(manifests.map((descriptor) => described(context, { name: fullName(first), descriptor }, options, `${fullName(first)}@${descriptor.digest}`))));
  },
});

function isList(value: unknown): boolean {
  return (value as { manifests?: unknown }).manifests !== undefined;
}

/** A list is shown with docker's order of fields; nothing of it is left out. */
async function plain(context: Context, name: string, insecure: boolean): Promise<unknown> {
  const document = documentOf(await fetchManifest(context, name, insecure));
  if (document.manifests === undefined) return document;
  return { ...document, manifests: document.manifests.map(({ mediaType, size, digest, platform, ...rest }) => ({ mediaType, size, digest, ...rest, ...(platform && { platform: ordered(platform) }) })) };
}

/** `ref` is what it is shown as; its name when not given. */
async function described(context: Context, member: Member, { insecure }: { insecure: boolean }, ref = member.name): Promise<object> {
  return describe(ref, member.descriptor, (await fetchManifest(context, pinned(member), insecure)).Raw);
}

function describe(name: string, { platform, ...descriptor }: Descriptor, raw: string): object {
  const isOci = descriptor.mediaType.startsWith('application/vnd.oci.');
  return { Ref: name, Descriptor: { ...descriptor, ...(platform && { platform: ordered(platform) }) }, Raw: raw, [isOci ? 'OCIManifest' : 'SchemaV2Manifest']: documentOf({ Raw: raw }) };
}
