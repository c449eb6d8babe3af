/**
 * Bundles the programs of src/bin, every `*.worker.ts` and the maker of the embedded image into dist/, one flat folder of ES modules that share their chunks:
 * a command loads only what it needs. A build replaces files by rename, and the chunks of the build before it stay for one
 * more, so a running daemon still finds what it loads late (`--clean` takes them away at once, for a package).
 */
import { build, type Plugin } from 'esbuild';
import { globSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const stamp = join(dist, '.stamp');

const entries = globSync(['src/bin/*.ts', 'src/**/*.worker.ts', 'tools/embedded-image.ts'], { cwd: root })
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => join(root, path));

/** `new URL('../bin/monitor.ts', import.meta.url)` names a program of ours: in dist/ it lies beside the bundle. */
const programUrls: Plugin = {
  name: 'program-urls',
  setup(context) {
    context.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return { contents: source.replaceAll(/new URL\('(\.[^']*\.ts)', import\.meta\.url\)/g, (_, target: string) => programUrl(path, target)), loader: 'ts' };
    });
  },
};

function programUrl(from: string, target: string): string {
  const file = resolve(dirname(from), target);
  if (!entries.includes(file)) throw new Error(`${relative(root, from)}: ${target} is neither a program of src/bin nor a *.worker.ts`);
  return `new URL('./${basename(file, '.ts')}.js', import.meta.url)`;
}

const startedAt = new Date();
const result = await build({
  absWorkingDir: root,
  entryPoints: entries,
  entryNames: '[name]',
  chunkNames: 'chunk-[hash]',
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: ['koffi'],
  sourcemap: 'linked',
  sourcesContent: false,
  minifySyntax: true,
  minifyWhitespace: true,
  plugins: [programUrls],
  write: false,
  logLimit: 12,
}).catch((error: unknown) => {
  if (!(error instanceof Error && 'errors' in error)) console.error(error);
  process.exit(1); // esbuild has printed its own errors
});

mkdirSync(dist, { recursive: true });
const before = previousOutputs();
for (const file of result.outputFiles) {
  const temporary = `${file.path}.${process.pid}.new`;
  writeFileSync(temporary, file.contents);
  renameSync(temporary, file.path);
}
const outputs = result.outputFiles.map((file) => basename(file.path));
for (const name of readdirSync(dist)) {
  if (/\.js(\.map)?$/.test(name) && !outputs.includes(name) && !before.includes(name)) rmSync(join(dist, name), { force: true });
}
// The time the sources were read, not now: an edit during the build makes the build old.
writeFileSync(stamp, `${outputs.join('\n')}\n`);
utimesSync(stamp, startedAt, startedAt);

function previousOutputs(): string[] {
  if (process.argv.includes('--clean')) return [];
  try {
    return readFileSync(stamp, 'utf8').split('\n');
  } catch {
    return []; // the first build
  }
}
