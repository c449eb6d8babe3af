/** Go's name for an architecture that Node or the kernel names. */
export function goArchitecture(name: string): string {
  return { x64: 'amd64', x86_64: 'amd64', aarch64: 'arm64', ia32: '386' }[name] ?? name;
}

/** The kernel's name (`uname -m`) for an architecture that Go or Node names: /info speaks the kernel's language. */
export function kernelArchitecture(name: string): string {
  return { x64: 'x86_64', amd64: 'x86_64', arm64: 'aarch64', 386: 'i686' }[name] ?? name;
}
