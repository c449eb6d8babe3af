/**
 * Bundles the command line into one file, dist/command-line.cjs, in which everything is evaluated when it is first needed; dist/gantry.js, which loads it or
 * hands over; and the other programs of src/bin, every `*.worker.ts` and the maker of the embedded image into one flat folder of ES modules that share
 * their chunks. A build replaces files by rename, and the chunks of the build before it stay for one more, so a running daemon still finds what it loads
 * late (`--clean` takes them away at once, for a package).
 */
import { build, type BuildOptions, type OutputFile, type Plugin } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const stamp = join(dist, '.stamp');

const program = join(root, 'src/bin/gantry.ts');
const commandLine = join(root, 'src/cli/main.ts');
/** Rooms that the program hands over to: bundled with the other programs, and loaded from beside it. */
const handedOver = [...readFileSync(program, 'utf8').matchAll(/import\('(\.\.\/(?:daemon|machine)\/[^']+)'\)/g)].map((match) => resolve(dirname(program), match[1] ?? ''));
const entries = globSync(['src/bin/*.ts', 'src/**/*.worker.ts', 'tools/embedded-image.ts'], { cwd: root })
  .map((path) => join(root, path))
  .filter((path) => !path.endsWith('.test.ts') && path !== program);

/** `src/daemon/registry/command.ts` is `daemon-registry-command` in dist/. */
function outputName(path: string): string {
  return handedOver.includes(path) ? relative(join(root, 'src'), path).replace(/\.ts$/, '').replaceAll('/', '-') : basename(path, '.ts');
}

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

const handOver: Plugin = {
  name: 'hand-over',
  setup(context) {
    context.onResolve({ filter: /^\.\.\/(daemon|machine)\// }, ({ path, resolveDir }) => {
      const file = resolve(resolveDir, path);
      return handedOver.includes(file) ? { path: `./${outputName(file)}.js`, external: true } : undefined;
    });
  },
};

/** The program gets the command line by way of src/bin/load. */
const loadedCommandLine: Plugin = {
  name: 'loaded-command-line',
  setup(context) {
    context.onResolve({ filter: /\/cli\/main\.ts$/ }, () => ({ path: join(root, 'src/bin/load/command-line.ts') }));
  },
};

/**
 * A static import of one of Node's own modules loads it at once, with everything that its ES form lists (`fs` brings readline, `crypto` all of
 * its algorithms): half of a short command's time. In the command line they are asked for when the module that wants them is evaluated; so is koffi.
 */
const builtinsOnDemand: Plugin = {
  name: 'builtins-on-demand',
  setup(context) {
    context.onResolve({ filter: /^(node:.*|koffi)$/ }, ({ path }) => ({ path, namespace: 'on-demand' }));
    context.onLoad({ filter: /.*/, namespace: 'on-demand' }, ({ path }) => ({
      contents: path === 'koffi'
        ? "export default process.getBuiltinModule('node:module').createRequire(import.meta.url)('koffi');"
        : `module.exports = process.getBuiltinModule('${path}');`,
      loader: 'js',
    }));
  },
};

/** Packages that are not ES modules ask for Node's own with `require`, which an ES module does not have. */
const requiredBuiltins: Plugin = {
  name: 'required-builtins',
  setup(context) {
    context.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) => (kind === 'require-call' && isBuiltin(path) ? { path, namespace: 'required-builtin' } : undefined));
    context.onLoad({ filter: /.*/, namespace: 'required-builtin' }, ({ path }) => ({ contents: `module.exports = process.getBuiltinModule('${path}');`, loader: 'js' }));
  },
};

const startedAt = new Date();
const builtAt = process.env['SOURCE_DATE_EPOCH'] === undefined ? startedAt : new Date(Number(process.env['SOURCE_DATE_EPOCH']) * 1000);
/** Empty outside a checkout, and without git. */
const gitCommit = spawnSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout?.trim() ?? '';
const common = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  sourcemap: 'linked',
  sourcesContent: false,
  define: { gantryBuild: JSON.stringify({ gitCommit, time: builtAt.toISOString() }) },
  minifySyntax: true,
  minifyWhitespace: true,
  write: false,
  logLimit: 12,
} satisfies BuildOptions;
const results = await Promise.all([
  buildProgram(),
  build({
    ...common, entryPoints: [...entries, ...handedOver].map((path) => ({ in: path, out: outputName(path) })), chunkNames: 'chunk-[hash]',
    splitting: true, external: ['koffi'], plugins: [programUrls, requiredBuiltins],
  }),
]).catch((error: unknown) => {
  if (!(error instanceof Error && 'errors' in error)) console.error(error);
  process.exit(1); // esbuild has printed its own errors
});
const [{ digest: programDigest }] = results;
const outputFiles = results.flatMap((result) => result.outputFiles);

/** Two files: the second knows the first by its content. */
async function buildProgram(): Promise<{ outputFiles: OutputFile[]; digest: string }> {
  const loaded = await build({
    ...common, format: 'cjs', define: { ...common.define, 'import.meta.url': 'moduleUrl' },
    entryPoints: [{ in: commandLine, out: 'command-line' }], outExtension: { '.js': '.cjs' },
    plugins: [programUrls, builtinsOnDemand],
  });
  const digest = createHash('sha256').update(loaded.outputFiles.find(({ path }) => path.endsWith('.cjs'))?.contents ?? '').digest('hex').slice(0, 16);
  const launched = await build({
    ...common, define: { ...common.define, commandLineDigest: JSON.stringify(digest) }, entryPoints: [program],
    plugins: [programUrls, handOver, loadedCommandLine, builtinsOnDemand],
  });
  return { outputFiles: [...loaded.outputFiles, ...launched.outputFiles], digest };
}

mkdirSync(dist, { recursive: true });
const before = previousOutputs();
for (const file of outputFiles) {
  const temporary = `${file.path}.${process.pid}.new`;
  writeFileSync(temporary, file.contents);
  renameSync(temporary, file.path);
}
const outputs = outputFiles.map((file) => basename(file.path));
for (const name of readdirSync(dist)) {
  if (/\.c?js(\.map)?$/.test(name) && !outputs.includes(name) && !before.includes(name)) rmSync(join(dist, name), { force: true });
}
// What commands have kept of the code of builds before.
const kept = globSync('.cache/*', { cwd: dist, withFileTypes: true });
for (const { name } of kept.filter((each) => each.isFile() && !each.name.startsWith(programDigest))) rmSync(join(dist, '.cache', name), { force: true });
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
