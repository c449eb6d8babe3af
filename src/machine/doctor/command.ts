import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../base/errors.ts';
import { nearestFolder, readHostFacts } from '../facts/host-facts.ts';
import { finding, ok, type Finding } from './check.ts';
import { apparmorFinding } from './checks/apparmor.ts';
import { cgroupFindings } from './checks/cgroups.ts';
import { daemonFinding } from './checks/daemon.ts';
import { folderFindings, type Folders } from './checks/folders.ts';
import { initFinding } from './checks/init.ts';
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
      --run string      Folder of what runs (default "/run/gantry")
      --help            Print usage

Examples:
  gantry doctor
  gantry doctor --format json
`;

interface Options { format: 'table' | 'json'; root: string; run: string; socketPath: string; help: boolean }

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

async function examine({ root, run, socketPath }: Options): Promise<Finding[]> {
  const facts = readHostFacts();
  return [
    ok('node', process.version), ...kernelFindings(facts), ...look('apparmor', () => [apparmorFinding()]), ...cgroupFindings(facts), ...limitFindings(),
    ...look('space', () => [spaceFinding(root)]), initFinding(),
    ...(facts.root ? await trials({ root, run, temporary: tmpdir() }) : [finding('root', 'skip', 'folders, overlay, network and runtimes are tried only by root', 'sudo gantry doctor')]),
    await daemonFinding(socketPath),
  ];
}

/** What is seen only by doing it; where its folder cannot be written to, that is the finding. */
async function trials(folders: Folders): Promise<Finding[]> {
  const findings = folderFindings(folders);
  const usable = (name: keyof Folders): boolean => !findings.some(({ check }) => check === name);
  if (usable('root')) findings.push(...look('overlay', () => [overlayFinding(nearestFolder(folders.root))]));
  if (!usable('temporary')) return findings;
  findings.push(...look('network', networkFindings), ...look('firewall', legacyFirewallFindings));
  return [...findings, ...await runtimeFindings().catch((error: unknown) => [failed('runtimes', error)])];
}

/** A host can be broken in ways that no check thinks of: the others still tell. */
function look(check: string, findings: () => Finding[]): Finding[] {
  try {
    return findings();
  } catch (error) {
    return [failed(check, error)];
  }
}

function failed(check: string, error: unknown): Finding {
  return finding(check, 'fail', `cannot be looked at: ${messageOf(error)}`, 'Mend what it names, then ask again.');
}

/** @returns what is wrong with them, as a sentence */
function readOptions(argv: string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: argv,
      options: { format: { type: 'string', default: 'table' }, root: { type: 'string', default: '/var/lib/gantry' }, run: { type: 'string', default: '/run/gantry' },
        host: { type: 'string', default: 'unix:///run/gantry/gantry.sock' }, help: { type: 'boolean', short: 'h', default: false } },
    });
    if (values.format !== 'table' && values.format !== 'json') return `unknown format "${values.format}": table and json are there`;
    if (!values.host.startsWith('unix://')) return `"${values.host}" is no unix socket: doctor looks at this host only`;
    return { format: values.format, root: resolve(values.root), run: resolve(values.run), socketPath: values.host.slice('unix://'.length), help: values.help };
  } catch (error) {
    return messageOf(error);
  }
}
