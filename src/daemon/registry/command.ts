import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { isGantryError, messageOf } from '../../base/errors.ts';
import { createLog } from '../../base/log.ts';
import { serveRegistry } from '../../registry/server/serve.ts';
import { readServeOptions, serveFlags } from './flags.ts';

const help = `Usage:  gantry registry serve [OPTIONS]

Serve a registry for images, by the OCI distribution specification

Options:
      --addr string             Address to listen on (default "127.0.0.1:5000")
      --root string             Folder of everything it keeps (default "/var/lib/gantry-registry")
      --htpasswd string         File of users, made with htpasswd -B; without it everybody may do everything
      --rules string            JSON file of rights: [{"user": "ci", "repository": "team/**", "actions": ["pull", "push", "delete"]}]
      --anonymous-pull          Let anybody pull
      --tls-cert string         Certificate chain, PEM
      --tls-key string          Its key, PEM
      --read-only               Refuse pushes and deletions
      --proxy string            Be a cache of this registry (docker.io, host:port)
      --proxy-username string   User at that registry; the password is read from GANTRY_PROXY_PASSWORD
      --proxy-insecure          Accept that registry without TLS or with any certificate
      --proxy-ttl duration      For so long a tag is not asked about again (default 1m)
      --gc-interval duration    Pause between collections of garbage, 0 for none (default 24h)
      --gc-untagged             Collect manifests that no tag leads to
      --log-format string       text or json (default "text")
      --log-level string        debug, info, warn or error (default "info")
`;

/** `gantry registry …`. Resolves to the exit code; a server runs until SIGINT or SIGTERM. */
export async function run(argv: string[]): Promise<number> {
  const [verb, ...rest] = argv;
  if (verb === undefined || verb === '--help' || verb === '-h' || rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(help);
    return 0;
  }
  try {
    if (verb !== 'serve') throw new Error(`unknown command: gantry registry ${verb}`);
    return await serve(rest);
  } catch (error) {
    process.stderr.write(`gantry registry: ${messageOf(error)}\n${isGantryError(error) && error.hint !== undefined ? `${error.hint}\n` : ''}`);
    return 1;
  }
}

async function serve(argv: string[]): Promise<number> {
  const { values } = parseArgs({ args: argv, options: serveFlags, allowPositionals: false });
  const settings = readServeOptions(values, process.env['GANTRY_PROXY_PASSWORD']);
  const log = createLog({ format: settings.logFormat, level: settings.logLevel, write: (line) => process.stderr.write(line) });
  const registry = await serveRegistry({ ...settings, log });
  log.info('registry listens', { host: settings.address.host, port: registry.port, tls: settings.tls !== undefined, root: settings.root });
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  log.info('registry ends');
  await registry.close();
  return 0;
}
