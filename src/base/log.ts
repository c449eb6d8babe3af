/** The daemon's own log: one line an event, text or JSON, to one stream. Log or throw, never both. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

const order: LogLevel[] = ['debug', 'info', 'warn', 'error'];

export function createLog(options: { format: 'text' | 'json'; level: LogLevel; write: (line: string) => void }): Log {
  const emit = (level: LogLevel, message: string, fields: Record<string, unknown> = {}): void => {
    if (order.indexOf(level) < order.indexOf(options.level)) return;
    const time = new Date().toISOString();
    options.write(options.format === 'json'
      ? `${JSON.stringify({ time, level, message, ...fields })}\n`
      : `${time} ${level.padEnd(5)} ${message}${textFields(fields)}\n`);
  };
  return {
    debug: (message, fields) => emit('debug', message, fields),
    info: (message, fields) => emit('info', message, fields),
    warn: (message, fields) => emit('warn', message, fields),
    error: (message, fields) => emit('error', message, fields),
  };
}

function textFields(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)}`)
    .join('');
}

/** A log that says nothing, for tests and for embedding. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
