import { ResolverServer } from '../network/dns/server.ts';

/** The process behind 127.0.0.11. Its one argument is the path of its control socket. */
process.title = 'gantry-resolver';
process.on('SIGTERM', () => process.exit(0));
process.on('SIGHUP', () => {});
await new ResolverServer(process.argv[2] as string).run();
process.exit(0);
