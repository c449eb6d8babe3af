import { createReadStream } from 'node:fs';
import { once } from 'node:events';
import { atLeast, define } from '../command.ts';
import { list, text } from '../grammar/flag.ts';
import type { ProgressMessage } from '../progress/progress-message.ts';
import { showProgress } from '../progress/show.ts';
import { cannotOpen } from '../streams/cannot-open.ts';
import { checkReference } from './reference.ts';

export const command = define({
  usage: '[OPTIONS] file|URL|- [REPOSITORY[:TAG]]',
  flags: {
    change: list('Apply Dockerfile instruction to the created image', { short: 'c' }),
    message: text('Set commit message for imported image', { short: 'm' }),
    platform: text('Set platform if server is multi-platform capable'),
  },
  arity: atLeast(1),
  names: 'file',
  examples: [['A root filesystem with a command', "gantry import -c 'CMD [\"/bin/sh\"]' rootfs.tar me/rootfs"]],
  async run({ context, flags, args }) {
    const [source = '', reference = ''] = args;
    if (reference !== '') checkReference(reference);
    const remote = /^https?:\/\//.test(source);
    const body = remote ? undefined : source === '-' ? context.stdin : createReadStream(source, { highWaterMark: 1 << 18 });
    if (body !== undefined && source !== '-') await once(body, 'open').catch((error: unknown) => { throw cannotOpen(source, error); });
    const objects = context.api.objects<ProgressMessage>({
      method: 'POST', path: '/images/create',
      query: { fromSrc: remote ? source : '-', repo: reference || undefined, message: flags.message || undefined, changes: flags.change, platform: (flags.platform || context.env['DOCKER_DEFAULT_PLATFORM'] || undefined)?.toLowerCase() },
      headers: { 'Content-Type': 'application/x-tar' }, signal: context.interruptible(), ...(body === undefined ? {} : { body }),
    });
    await showProgress(objects, { to: context.stdout, quiet: false });
  },
});
