import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setXattr } from '../../../src/host/files.ts';
import { extractFile } from '../../../src/store/snapshots/extract-job.ts';
import { debianRootfs, missingDebianRootfs } from '../../support/debian-rootfs.ts';
import { treeListing } from './tree-listing.ts';

/** What GNU tar makes of an archive is what Gantry makes of it. */
let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'gantry-differential-'));
  execFileSync('sh', ['-ec', `
mkdir -p src/deep/dir "src/name with spaces" && cd src
echo hello > deep/dir/file && ln deep/dir/file hard && ln -s deep/dir link && ln -s /nowhere dangling
mkfifo fifo && mknod null c 1 3 && mknod loop b 7 300
echo x > "$(printf 'long-%0100d' 1)" && mkdir -p "$(printf 'd%090d/e%090d/f%090d' 1 2 3)" && echo y > "$(printf 'd%090d/e%090d/f%090d/g%090d' 1 2 3 4)"
ln -s "$(printf 'target-%0200d' 1)" longlink
echo u > 'Főtanúsítvány' && chown 3000000:4000000 'Főtanúsítvány'
echo b > "$(printf 'byte-\\377-name')" && mkdir "$(printf 'dir-\\200')" && echo c > "$(printf 'dir-\\200/\\300\\257')" && ln -s "$(printf 'to-\\376')" bytelink && ln "$(printf 'byte-\\377-name')" "$(printf 'hard-\\375')"
echo s > setuid && chown 7:8 setuid && chmod 6755 setuid && chmod 1777 deep && chmod 2750 deep/dir
: > empty && truncate -s 3000000 sparse && printf A | dd of=sparse bs=1 seek=1000000 conv=notrunc 2>/dev/null && printf B | dd of=sparse bs=1 seek=2999999 conv=notrunc 2>/dev/null
for i in $(seq 0 60); do printf C | dd of=sparse bs=1 seek=$((i * 40000)) conv=notrunc 2>/dev/null; done
touch -d '2001-02-03 04:05:06.789' deep/dir/file && touch -d '1960-01-01' empty && touch -h -d '2010-01-01' link && touch -d '2002-02-02' deep
`], { cwd: directory });
  setXattr(join(directory, 'src/hard'), 'user.note', Buffer.from('\0\xffbinary', 'latin1'));
  setXattr(join(directory, 'src/setuid'), 'security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

async function compare(archive: string, name: string): Promise<void> {
  const [ours, theirs] = [join(directory, `${name}-ours`), join(directory, `${name}-theirs`)];
  mkdirSync(ours);
  mkdirSync(theirs);
  execFileSync('tar', ['--warning=no-timestamp', '--xattrs', '--xattrs-include=*', '--numeric-owner', '-xpf', archive, '-C', theirs]);
  await extractFile({ file: archive }, ours, { whiteouts: 'none', maxBytes: Infinity, cancelled: () => false });
  assert.deepEqual(treeListing(ours), treeListing(theirs));
}

describe('extraction gives the same tree as GNU tar', () => {
  const formats: [name: string, args: string[]][] = [
    ['gnu', ['--format=gnu']],
    ['pax', ['--format=pax', '--xattrs', '--xattrs-include=*']],
    ['gnu sparse', ['--format=gnu', '--sparse']],
    ['pax sparse 0.0', ['--format=pax', '--sparse', '--sparse-version=0.0']],
    ['pax sparse 0.1', ['--format=pax', '--sparse', '--sparse-version=0.1']],
    ['pax sparse 1.0', ['--format=pax', '--sparse', '--sparse-version=1.0']],
    ['ustar', ['--format=ustar', '--exclude=d0*', '--exclude=longlink', '--exclude=F*', '--exclude=long-*', '--exclude=empty']],
    ['v7', ['--format=v7', '--exclude=d0*', '--exclude=longlink', '--exclude=F*', '--exclude=long-*', '--exclude=fifo', '--exclude=null', '--exclude=loop', '--exclude=empty']],
    ['gzip', ['--format=pax', '-z']],
    ['zstd', ['--format=pax', '--zstd']],
    ['xz', ['--format=pax', '-J']],
    ['bzip2', ['--format=pax', '-j']],
  ];
  for (const [name, args] of formats) {
    it(name, async () => {
      const archive = join(directory, `${name.replaceAll(' ', '-')}.tar`);
      execFileSync('tar', [...args, '-cf', archive, '-C', join(directory, 'src'), '.'], { stdio: 'pipe' });
      await compare(archive, name);
    });
  }

  it('keeps the holes of a sparse file', () => {
    assert.ok(statSync(join(directory, 'pax sparse 1.0-ours', 'sparse')).blocks * 512 < 1_000_000);
  });

  it('a Debian root filesystem', { skip: missingDebianRootfs() }, async () => {
    await compare(debianRootfs(), 'debian');
  });
});
