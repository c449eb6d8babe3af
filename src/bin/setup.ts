import { run } from '../machine/setup/command.ts';

process.exitCode = await run(process.argv.slice(2));
