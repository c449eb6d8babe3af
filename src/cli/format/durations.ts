/** Nanoseconds as Go's time.Duration prints them: `1h0m0s`, `1.5s`, `100ms`. */
export function goDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  const sign = nanoseconds < 0 ? '-' : '';
  const whole = BigInt(Math.abs(Math.trunc(nanoseconds)));
  for (const [unit, size] of [['ns', 1n], ['µs', 1000n], ['ms', 1_000_000n]] as const) if (whole < size * 1000n) return sign + decimal(whole, size) + unit;
  const seconds = whole / 1_000_000_000n;
  const rest = `${decimal(whole % 60_000_000_000n, 1_000_000_000n)}s`;
  if (seconds < 60n) return sign + rest;
  return seconds < 3600n ? `${sign}${seconds / 60n}m${rest}` : `${sign}${seconds / 3600n}h${(seconds / 60n) % 60n}m${rest}`;
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = String(value % unit).padStart(String(unit).length - 1, '0').replace(/0+$/, '');
  return `${value / unit}${unit === 1n || fraction === '' ? '' : `.${fraction}`}`;
}
