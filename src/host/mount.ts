import { closeSync, openSync } from 'node:fs';
import { GantryError, errnoOf } from '../base/errors.ts';
import { checked, libc } from './ffi.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from './files.ts';

export { mounts, mountOf, type MountInfo } from './mount-info.ts';

const mountCall = libc.func('int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)');
const umount2Call = libc.func('int umount2(const char *target, int flags)');
// The new mount API has no wrappers in older C libraries; the numbers are the same on every architecture.
const fsopenCall = libc.func('syscall', 'long', ['long', 'str', 'uint']);
const fsconfigCall = libc.func('syscall', 'long', ['long', 'int', 'uint', 'str', 'str', 'int']);
const fsmountCall = libc.func('syscall', 'long', ['long', 'int', 'uint', 'uint']);
const moveMountCall = libc.func('syscall', 'long', ['long', 'int', 'str', 'int', 'str', 'uint']);
const numbers = { fsopen: 430, fsconfig: 431, fsmount: 432, moveMount: 429 } as const;

/** Flags of mount(2). */
export const mountFlags = {
  readOnly: 1, noSetuid: 2, noDevices: 4, noExec: 8, synchronous: 16, remount: 32, noAtime: 1024, noDirAtime: 2048,
  bind: 4096, move: 8192, recursive: 16384, unbindable: 1 << 17, private: 1 << 18, slave: 1 << 19, shared: 1 << 20, relAtime: 1 << 21,
} as const;

/** nosuid, nodev, noexec: for what holds no programs. */
export const hardenedFlags = mountFlags.noSetuid | mountFlags.noDevices | mountFlags.noExec;

/** mount(2). */
export function mount(source: string, target: string, options: { type?: string; flags?: number; data?: string } = {}): void {
  checked(mountCall(source, target, options.type ?? null, options.flags ?? 0, options.data ?? null), 'mount', target);
}

/** Shows `source` (a file or directory) at `target`, which must exist. `readOnly` is a second step in the kernel; on failure the first is undone. */
export function bindMount(source: string, target: string, options: { readOnly?: boolean; recursive?: boolean } = {}): void {
  const recursive = options.recursive === true ? mountFlags.recursive : 0;
  mount(source, target, { flags: mountFlags.bind | recursive });
  if (options.readOnly !== true) return;
  try {
    mount('none', target, { flags: mountFlags.bind | mountFlags.remount | mountFlags.readOnly });
  } catch (error) {
    unmount(target, { lazy: true });
    throw error;
  }
}

/** Keeps mounts made below `target` from reaching other namespaces. `target` must be a mount point. */
export function makePrivate(target: string, options: { recursive?: boolean } = {}): void {
  mount('none', target, { flags: mountFlags.private | (options.recursive === true ? mountFlags.recursive : 0) });
}

/** Undoes the last mount on `target`. False when nothing was mounted there. `lazy`: hidden now, gone when the last user lets go. */
export function unmount(target: string, options: { lazy?: boolean } = {}): boolean {
  const noFollow = 8;
  try {
    checked(umount2Call(target, noFollow | (options.lazy === true ? 2 : 0)), 'umount2', target);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EINVAL' || errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

export interface OverlayMount {
  /** The top layer first. One at least. */
  lower: readonly string[];
  /** Absent for a read-only view of the lower directories. */
  upper?: string;
  /** An empty directory on upper's filesystem. */
  work?: string;
  target: string;
  readOnly?: boolean;
  /** `context=…` for SELinux, `volatile`, `userxattr`: passed as they are. */
  extra?: readonly string[];
}

/** mount(2) takes one page of options, the end included. */
const optionBytes = 4095;

/** Mounts an overlay of any number of layers (the kernel's limit is 500). */
export function mountOverlay(overlay: OverlayMount): void {
  if (overlay.lower.length === 0) throw new GantryError('invalid', 'an overlay needs at least one lower directory');
  // Overlay needs two lower directories where there is no upper one.
  if (overlay.upper === undefined && overlay.lower.length === 1) {
    bindMount(overlay.lower[0] as string, overlay.target, { readOnly: true });
    return;
  }
  const data = optionString(overlay, overlay.lower);
  if (Buffer.byteLength(data) <= optionBytes) {
    mount('overlay', overlay.target, { type: 'overlay', flags: flagsOf(overlay), data });
    return;
  }
  try {
    mountByConfiguration(overlay);
  } catch (error) {
    // Before Linux 6.5 there is no `lowerdir+`: EINVAL; before 5.2 no fsopen: ENOSYS.
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'ENOSYS') throw error;
    mountByDescriptors(overlay);
  }
}

function flagsOf(overlay: OverlayMount): number {
  return overlay.readOnly === true || overlay.upper === undefined ? mountFlags.readOnly : 0;
}

function settings(overlay: OverlayMount): [string, string?][] {
  const writable: [string, string?][] = overlay.upper === undefined ? [] : [['upperdir', overlay.upper], ['workdir', overlay.work ?? '']];
  const extra = (overlay.extra ?? []).map((text): [string, string?] => {
    const equals = text.indexOf('=');
    return equals < 0 ? [text] : [text.slice(0, equals), text.slice(equals + 1)];
  });
  // An index ties an upper directory to its lowers by file handles: layers that are removed and fetched again would no longer fit.
  return [...writable, ['index', 'off'], ...extra];
}

function optionString(overlay: OverlayMount, lower: readonly string[]): string {
  const escapeComma = (text: string): string => text.replace(/[\\,]/g, '\\$&');
  const lowers = lower.map((path) => path.replace(/[\\,:]/g, '\\$&')).join(':');
  return [`lowerdir=${lowers}`, ...settings(overlay).map(([key, value]) => (value === undefined ? key : `${key}=${escapeComma(value)}`))].join(',');
}

/** The new mount API: one call a layer, without a limit on the length. */
function mountByConfiguration(overlay: OverlayMount): void {
  const setString = 1, setFlag = 0, create = 6, cloexec = 1, emptyPath = 4;
  const context = checked(Number(fsopenCall(numbers.fsopen, 'overlay', cloexec)), 'fsopen', overlay.target);
  let made = -1;
  try {
    const configure = (command: number, key: string | null, value: string | null): number =>
      checked(Number(fsconfigCall(numbers.fsconfig, context, command, key, value, 0)), 'fsconfig', key ?? overlay.target);
    for (const layer of overlay.lower) configure(setString, 'lowerdir+', layer);
    for (const [key, value] of settings(overlay)) {
      // The kernel takes backslashes out of these two, but not out of `lowerdir+`.
      const text = key === 'upperdir' || key === 'workdir' ? value?.replaceAll('\\', '\\\\') : value;
      configure(text === undefined ? setFlag : setString, key, text ?? null);
    }
    configure(create, null, null);
    made = checked(Number(fsmountCall(numbers.fsmount, context, cloexec, flagsOf(overlay) === 0 ? 0 : 1)), 'fsmount', overlay.target);
    checked(Number(moveMountCall(numbers.moveMount, made, '', AT_FDCWD, overlay.target, emptyPath)), 'move_mount', overlay.target);
  } finally {
    if (made !== -1) closeSync(made);
    closeSync(context);
  }
}

/** Older kernels: names as short as descriptors are, looked up in `/proc/self/fd`. No await between the two changes of directory. */
function mountByDescriptors(overlay: OverlayMount): void {
  const open: number[] = [];
  const before = process.cwd();
  try {
    for (const layer of overlay.lower) open.push(openSync(layer, O_PATH | O_DIRECTORY | O_CLOEXEC));
    process.chdir('/proc/self/fd');
    mount('overlay', overlay.target, { type: 'overlay', flags: flagsOf(overlay), data: optionString(overlay, open.map(String)) });
  } finally {
    process.chdir(before);
    for (const fd of open) closeSync(fd);
  }
}
