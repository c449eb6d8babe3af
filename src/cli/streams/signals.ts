import type { Context } from '../context.ts';

/** Not SIGCHLD, SIGPIPE, SIGURG, SIGWINCH, nor the terminal's job control: those are about this process. */
const proxied = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGABRT', 'SIGPWR'] as const;

/** Passes the signals this process receives on to a container, until disposed. */
export function proxySignals(context: Context, container: string): Disposable {
  const handlers = proxied.map((signal) => {
    const handler = (): void => {
      context.api.done({ method: 'POST', path: `/containers/${container}/kill`, query: { signal: signal.slice(3) } }).catch(() => undefined);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return { [Symbol.dispose]: () => { for (const { signal, handler } of handlers) process.off(signal, handler); } };
}
