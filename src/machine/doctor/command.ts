import { parseArgs } from 'node:util';
import { messageOf } from '../../base/errors.ts';
import { nearestFolder, readHostFacts } from '../facts/host-facts.ts';
import { finding, ok, type Finding } from './check.ts';
import { cgroupFindings } from './checks/cgroups.ts';
import { daemonFinding } from './checks/daemon.ts';
import { kernelFindings } from './checks/kernel.ts';
import { legacyFirewallFindings } from './checks/legacy-firewall.ts';
import { networkFindings } from './checks/network.ts';
import { overlayFinding } from './checks/overlay.ts';
import { limitFindings, spaceFinding } from './checks/resources.ts';
import { runtimeFindings } from './checks/runtimes.ts';
import { render } from './render.ts';

const usage = `Usage:  gantry doctor [OPTIONS]

Check what this host has and lacks for running containers, by trying it where that leaves no trace.
The exit code is 1 when something must be mended.

Options:
      --format string   "table" (default) or "json"
      --host string     Socket of the daemon to look for (default "unix:///run/gantry/gantry.sock")
      --root string     Folder of the daemon's data (default "/var/lib/gantry")
      --help            Print usage

Examples:
  gantry doctor
  gantry doctor --format json
`;

interface Options { format: 'table' | 'json'; root: string; socketPath: string; help: boolean }

/** `gantry doctor`. @returns the exit code */
export async function run(argv: string[]): Promise<number> {
  const options = readOptions(argv);
  if (typeof options === 'string') {
    process.stderr.write(`gantry: ${options}\nSee 'gantry doctor --help'.\n`);
    return 125;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const findings = await examine(options);
  process.stdout.write(options.format === 'json' ? `${JSON.stringify(findings, undefined, 2)}\n` : render(findings, process.stdout.isTTY === true));
  return findings.some(({ outcome }) => outcome === 'fail' || outcome === 'warn') ? 1 : 0;
}

async function examine({ root, socketPath }: Options): Promise<Finding[]> {
  const facts = readHostFacts();
  const findings = [ok('node', process.version), ...kernelFindings(facts), ...cgroupFindings(facts), ...limitFindings(), spaceFinding(root)];
  if (facts.root) {
    findings.push(overlayFinding(nearestFolder(root)), ...networkFindings(), ...legacyFirewallFindings(), ...await runtimeFindings());
  } else {
    findings.push(finding('root', 'skip', 'overlay, network and runtimes are tried only by root', 'sudo gantry doctor'));
  }
  return [...findings, await daemonFinding(socketPath)];
}

/** @returns what is wrong with them, as a sentence */
function readOptions(argv: string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: argv,
      options: { format: { type: 'string', default: 'table' }, root: { type: 'string', default: '/var/lib/gantry' }, host: { type: 'string', default: 'unix:///run/gantry/gantry.sock' }, help: { type: 'boolean', short: 'h', default: false } },
    });
    if (values.format !== 'table' && values.format !== 'json') return `unknown format "${values.format}": table and json are there`;
    if (!values.host.startsWith('unix://')) return `"${values.host}" is no unix socket: doctor looks at this host only`;
    return { format: values.format, root: values.root, socketPath: values.host.slice('unix://'.length), help: values.help };
  } catch (error) {
    return messageOf(error);
  }
}
