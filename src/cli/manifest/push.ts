import { define, exactly } from '../command.ts';
import { bool } from '../grammar/flag.ts';
import { imagePath } from '../image/image-path.ts';
import { authHeaders } from './fetch.ts';
import { indexOf } from './index-of.ts';
import { needList, pinned, removeList } from './local-lists.ts';

export const command = define({
  usage: '[OPTIONS] MANIFEST_LIST',
  flags: {
    insecure: bool('Allow push to an insecure registry'),
    purge: bool('Remove the local manifest list after push', { short: 'p' }),
  },
  arity: exactly(1),
  examples: [['And forget it here', 'gantry manifest push --purge me/web:1']],
  async run({ context, flags, args }) {
    const list = needList(context, args[0] ?? '');
    const { mediaType, bytes } = indexOf(list);
    const { Digest: digest } = await context.api.json<{ Digest: string }>({
      method: 'PUT', path: `/gantry/manifests/${imagePath(list.name)}`, query: { insecure: flags.insecure || undefined },
      json: { MediaType: mediaType, Raw: bytes.toString('base64'), Members: list.members.map(pinned) }, headers: await authHeaders(context, list.name), signal: context.interruptible(),
    });
    context.print(digest);
    if (flags.purge) removeList(context, list.name);
  },
});
