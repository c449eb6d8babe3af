/** `npm run check`: the gate that a change passes before it is committed. */
import { close, gate } from './test/gate.ts';

process.exitCode = close(await gate());
