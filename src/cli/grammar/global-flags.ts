import { bool, list, text } from './flag.ts';

/** Flags that come before the command. */
export const globalFlags = {
  config: text('Location of client config files', { shown: '"~/.docker"' }),
  context: text('Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context set with "docker context use")', { short: 'c' }),
  debug: bool('Enable debug mode', { short: 'D' }),
  host: list('Daemon socket to connect to', { short: 'H' }),
  'log-level': text('Set the logging level ("debug", "info", "warn", "error", "fatal")', { short: 'l', initial: 'info', choices: ['debug', 'info', 'warn', 'error', 'fatal'] }),
  tls: bool('Use TLS; implied by --tlsverify'),
  tlscacert: text('Trust certs signed only by this CA', { shown: '"~/.docker/ca.pem"' }),
  tlscert: text('Path to TLS certificate file', { shown: '"~/.docker/cert.pem"' }),
  tlskey: text('Path to TLS key file', { shown: '"~/.docker/key.pem"' }),
  tlsverify: bool('Use TLS and verify the remote'),
  version: bool('Print version information and quit', { short: 'v' }),
};
