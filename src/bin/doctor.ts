import { run } from '../machine/doctor/command.ts';

process.exitCode = await run(process.argv.slice(2));
