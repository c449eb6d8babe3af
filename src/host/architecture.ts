const names: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** The name OCI, Go and Debian give this machine's processor, where Node has another one. */
export function hostArchitecture(): string {
  return names[process.arch] ?? process.arch;
}
