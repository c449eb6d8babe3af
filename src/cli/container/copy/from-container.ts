import type { Context } from '../../context.ts';
import { decimalSize } from '../../format/sizes.ts';
import { write } from '../../streams/session.ts';
import { Counter } from './counter.ts';
import { absolute, checkOutputPath, localDestination } from './local.ts';
import { archivePath, readPathStat, statInContainer } from './path-stat.ts';
import { followed, split, targetOf } from './paths.ts';
import { place } from './placement.ts';
import { unpack } from './unpack.ts';

export interface FromContainer { container: string; path: string; to: string; followLink: boolean; quiet: boolean }

/** Copies out of a container, to a path here or, for `-`, as an archive to stdout. */
export async function fromContainer(context: Context, { container, path, to, followLink, quiet }: FromContainer): Promise<void> {
  const target = to === '-' ? to : absolute(to);
  checkOutputPath(target);
  const source = followLink ? await resolved(context, container, path) : { path, rename: undefined };
  const { headers, body } = await context.api.send({ path: archivePath(container), query: { path: source.path }, signal: context.interruptible() });
  if (target === '-') {
    for await (const chunk of body) await write(context.stdout, chunk);
    return;
  }
  const { isDirectory } = readPathStat(headers);
  const { directory, name } = place({ ...source, isDirectory }, localDestination(target));
  const from = split(source.path).name;
  using counter = new Counter(context, { header: 'Copying from container - ', quiet });
  await unpack(counter.through(body as AsyncIterable<Buffer>), { directory, from, to: name });
  counter[Symbol.dispose]();
  if (!quiet) context.warn(`Successfully copied ${decimalSize(counter.bytes)} to ${target}`);
}

async function resolved(context: Context, container: string, path: string): Promise<{ path: string; rename: string | undefined }> {
  const stat = await statInContainer(context, container, path);
  return stat?.isLink === true ? followed(path, targetOf(path, stat.linkTarget)) : { path, rename: undefined };
}
