/** Go's name for an architecture that Node or the kernel names. */
export function goArchitecture(name: string): string {
  return { x64: 'amd64', x86_64: 'amd64', aarch64: 'arm64', ia32: '386' }[name] ?? name;
}
