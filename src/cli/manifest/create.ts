import { GantryError } from '../../base/errors.ts';
import { atLeast, define } from '../command.ts';
import { bool } from '../grammar/flag.ts';
import { documentOf, fetchManifest } from './fetch.ts';
import { fullName, readList, writeList, type Member } from './local-lists.ts';

export const command = define({
  usage: 'MANIFEST_LIST MANIFEST [MANIFEST...]',
  flags: {
    amend: bool('Amend an existing manifest list', { short: 'a' }),
    insecure: bool('Allow communication with an insecure registry'),
  },
  arity: atLeast(2),
  examples: [['One name for two architectures', 'gantry manifest create me/web:1 me/web:1-amd64 me/web:1-arm64']],
  async run({ context, flags, args }) {
    const [list = '', ...names] = args;
    const before = readList(context, list);
    if (before !== undefined && !flags.amend) throw new GantryError('conflict', 'refusing to amend an existing manifest list with no --amend flag');
    const members = new Map((before?.members ?? []).map((member) => [member.name, member]));
    for (const name of names) members.set(fullName(name), await memberOf(name));
    writeList(context, { name: fullName(list), members: [...members.values()] });
    context.print(`Created manifest list ${fullName(list)}`);

    async function memberOf(name: string): Promise<Member> {
      const found = await fetchManifest(context, name, flags.insecure);
      if (documentOf(found).manifests !== undefined) throw new GantryError('invalid', `${fullName(name)} is a manifest list`, { hint: 'A list holds single manifests only: name those that it lists, by digest.' });
      const [platform] = found.Platforms;
      return { name: fullName(name), descriptor: { ...found.Descriptor, ...(platform === undefined ? {} : { platform }) } };
    }
  },
});
