/** The container that a mode names to share a namespace with, `container:<id>`; undefined for every other mode. */
export function sharedContainer(mode: string | undefined): string | undefined {
  const prefix = 'container:';
  return mode?.startsWith(prefix) === true ? mode.slice(prefix.length) : undefined;
}
