import { mountFlags } from './mount.ts';

/** Words of mount(8) that are flags of mount(2): which bit, and whether the word sets it. Source: mount(8), mount(2). */
const words: Readonly<Record<string, readonly [bit: number, sets: boolean]>> = {
  ro: [mountFlags.readOnly, true], rw: [mountFlags.readOnly, false],
  nosuid: [mountFlags.noSetuid, true], suid: [mountFlags.noSetuid, false],
  nodev: [mountFlags.noDevices, true], dev: [mountFlags.noDevices, false],
  noexec: [mountFlags.noExec, true], exec: [mountFlags.noExec, false],
  sync: [mountFlags.synchronous, true], async: [mountFlags.synchronous, false],
  noatime: [mountFlags.noAtime, true], atime: [mountFlags.noAtime, false],
  nodiratime: [mountFlags.noDirAtime, true], diratime: [mountFlags.noDirAtime, false],
  relatime: [mountFlags.relAtime, true], norelatime: [mountFlags.relAtime, false],
  strictatime: [1 << 24, true], nostrictatime: [1 << 24, false],
  dirsync: [128, true], mand: [64, true], nomand: [64, false],
  bind: [mountFlags.bind, true], rbind: [mountFlags.bind | mountFlags.recursive, true],
  defaults: [0, true],
};
const propagations: Readonly<Record<string, number>> = {
  private: mountFlags.private, rprivate: mountFlags.private | mountFlags.recursive,
  shared: mountFlags.shared, rshared: mountFlags.shared | mountFlags.recursive,
  slave: mountFlags.slave, rslave: mountFlags.slave | mountFlags.recursive,
  unbindable: mountFlags.unbindable, runbindable: mountFlags.unbindable | mountFlags.recursive,
};

export interface MountOptions {
  flags: number;
  /** For a second call: how mounts made below reach other namespaces. 0 leaves it. */
  propagation: number;
  /** What is left for the filesystem, such as `size=64m`. */
  data: string;
}

/** Options as mount(8) takes them after `-o`, for mount(2). A later word wins over an earlier one. */
export function parseMountOptions(text: string): MountOptions {
  let flags = 0;
  let propagation = 0;
  const data: string[] = [];
  for (const word of text.split(',').filter((each) => each !== '')) {
    const flag = words[word];
    if (flag !== undefined) flags = flag[1] ? flags | flag[0] : flags & ~flag[0];
    else if (Object.hasOwn(propagations, word)) propagation |= propagations[word] as number;
    else data.push(word);
  }
  return { flags, propagation, data: data.join(',') };
}
