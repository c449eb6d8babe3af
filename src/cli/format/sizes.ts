const decimal = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];

/** `1.23MB`: powers of 1000, as image and container sizes are shown. */
export function decimalSize(bytes: number, digits = 3): string {
  return scaled(bytes, { base: 1000, units: decimal, digits });
}

/** `1.234MiB`: powers of 1024, as memory is shown. */
export function binarySize(bytes: number): string {
  return scaled(bytes, { base: 1024, units: binary, digits: 4 });
}

function scaled(bytes: number, { base, units, digits }: { base: number; units: readonly string[]; digits: number }): string {
  let value = bytes;
  let unit = 0;
  const shown = (): number => Number(value.toPrecision(digits));
  while (Math.abs(shown()) >= base && unit < units.length - 1) {
    value /= base;
    unit += 1;
  }
  return `${shown()}${units[unit]}`;
}
