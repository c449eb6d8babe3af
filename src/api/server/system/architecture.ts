/** The kernel's name (`uname -m`) for an architecture that OCI names: /info speaks the kernel's language. */
export function kernelArchitecture(name: string): string {
  return { amd64: 'x86_64', arm64: 'aarch64', 386: 'i686' }[name] ?? name;
}
