import { GantryError } from '../../base/errors.ts';
import { atMost, define } from '../command.ts';
import { listText } from '../format/listing.ts';
import { bool } from '../grammar/flag.ts';
import { filterQuery, filters } from '../grammar/filters.ts';
import { formatFlag } from '../grammar/format-flag.ts';
import { imageRows, rawText, type ImageSummary } from './row.ts';
import { treeText, type TreeImage } from './tree.ts';

const headers = {
  ID: 'IMAGE ID', Repository: 'REPOSITORY', Tag: 'TAG', Digest: 'DIGEST', CreatedSince: 'CREATED', CreatedAt: 'CREATED AT', Size: 'SIZE',
  Containers: 'CONTAINERS', VirtualSize: 'SIZE', SharedSize: 'SHARED SIZE', UniqueSize: 'UNIQUE SIZE',
};

/** What people may have meant who ask for the images of such a name. */
const verbs = new Set(['build', 'history', 'import', 'inspect', 'list', 'load', 'ls', 'prune', 'pull', 'push', 'rm', 'save', 'tag']);

export const command = define({
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  flags: {
    all: bool('Show all images (default hides intermediate images)', { short: 'a' }),
    digests: bool('Show digests'),
    filter: filters('Filter output based on conditions provided', { short: 'f' }),
    format: formatFlag(),
    'no-trunc': bool("Don't truncate output"),
    quiet: bool('Only show image IDs', { short: 'q' }),
    tree: bool('List multi-platform images as a tree'),
  },
  arity: atMost(1),
  names: 'image',
  examples: [['Images that no name leads to', 'gantry images --filter dangling=true'], ['Names only', "gantry images --format '{{.Repository}}:{{.Tag}}'"]],
  async run({ context, flags, args, path }) {
    const by = args[0] === undefined ? flags.filter : { ...flags.filter, reference: [...(flags.filter['reference'] ?? []), args[0]] };
    if (flags.tree) {
      const other = flags.quiet ? '--quiet' : flags['no-trunc'] ? '--no-trunc' : flags.digests ? '--show-digest' : flags.format !== '' ? '--format' : undefined;
      if (other !== undefined) throw new GantryError('invalid', `${other} is not yet supported with --tree`);
      const trees = await context.api.json<TreeImage[]>({ path: '/images/json', query: { all: flags.all || undefined, manifests: true, ...filterQuery(by) } });
      const shown = flags.all ? trees : trees.filter(({ RepoTags: tags, RepoDigests: digests }) => (tags ?? []).length > 0 || (digests ?? []).length > 0);
      context.stdout.write(treeText(shown, context.stdout.isTTY ? context.stdout.columns : 80));
      return;
    }
    const images = await context.api.json<ImageSummary[]>({ path: '/images/json', query: { all: flags.all || undefined, ...filterQuery(by) } });
    const format = withDigest(flags.format || (flags.quiet ? '' : context.config.imagesFormat ?? ''), flags.digests);
    const digests = flags.digests || /\.Digest\b/.test(format);
    const rows = images.flatMap((image) => imageRows(image, { whole: flags['no-trunc'], digests }));
    const columns = `{{.Repository}}\t{{.Tag}}\t${flags.digests ? '{{.Digest}}\t' : ''}{{.ID}}\t{{if .CreatedSince}}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}`;
    context.stdout.write(listText({ format, headers, columns, quiet: flags.quiet ? '{{.ID}}' : undefined, raw: { whole: rawText(flags.digests), quiet: 'image_id: {{.ID}}' }, type: '*formatter.imageContext' }, rows));
    const [name = ''] = args;
    if (images.length === 0 && verbs.has(name) && path.endsWith(' images')) context.warn(`\nNo images found matching "${name}": did you mean "${path.replace(/s$/, '')} ${name}"?`);
  },
});

/** A table of one's own gets a column for digests, too. */
function withDigest(format: string, digests: boolean): string {
  return digests && /^table./.test(format) && !format.includes('{{.Digest}}') ? `${format}\t{{.Digest}}` : format;
}
