/** A daemon in the smallest form, to be killed: `daemon-process <run directory> <start request as JSON>`; says the pid of the container. */
import { silentLog } from '../../../src/base/log.ts';
import { createRuntime } from '../../../src/runtime/driver/client.ts';
import type { StartRequest } from '../../../src/runtime/driver/runtime.ts';

const [run = '', request = ''] = process.argv.slice(2);
const runtime = createRuntime({ runDirectory: run, log: silentLog });
const { pid } = await runtime.start(JSON.parse(request) as StartRequest);
await runtime.attach({ id: (JSON.parse(request) as StartRequest).id }, { stdin: true, stdout: true, stderr: true });
process.stdout.write(`${pid}\n`);
