import { parseArgs } from 'node:util';
import { messageOf } from '../../base/errors.ts';
import { hasApt } from '../../host/debian-packages.ts';
import { readHostFacts, type HostFacts } from '../facts/host-facts.ts';
import { needs, testNeeds, virtualMachineNeeds } from '../facts/needs.ts';
import { act } from './act.ts';
import { composePlugin } from './compose-plugin.ts';
import { embeddedImageCurrent } from './embedded-image.ts';
import { hasSystemd } from './install-service.ts';
import { planSetup, type SetupPlan } from './plan.ts';
import { markReady, takeSetupLock } from './ready.ts';

const usage = `Usage:  gantry setup [OPTIONS]

Put in place what Gantry needs on this host: packages, control groups, an image.
The first command that root gives does it too; a step that is done is not done again.

Options:
      --for-tests   Also what the test suites need
      --for-vm      Also what 'npm run test:vm' needs
      --service     Let systemd run the daemon: writes, enables and starts gantry.service
      --help        Print usage
`;

/** `gantry setup`. @returns the exit code */
export async function run(argv: string[]): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`gantry: ${line}\n`);
  const options = readOptions(argv, say);
  if (options === undefined) return 125;
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  try {
    return await setUp(options, say);
  } catch (error) {
    say(messageOf(error));
    return 1;
  }
}

async function setUp(options: SetupFlags, say: (line: string) => void): Promise<number> {
  const facts = readHostFacts();
  const plan = planOf(facts, options);
  if (facts.root && plan.steps.length > 0) await takeSetupLock(say);
  // Whoever held the lock before may have done it.
  const { steps, byHand } = facts.root ? planOf(readHostFacts(), options) : plan;
  for (const step of steps) {
    const failure = await act(step, say);
    if (failure === undefined) continue;
    say(failure.what);
    say(failure.next);
    return 1;
  }
  byHand.forEach(say);
  if (byHand.length > 0) return 1;
  if (facts.root) markReady();
  if (!options.firstUse) say('this host has what Gantry needs');
  return 0;
}

function planOf(facts: HostFacts, options: SetupFlags): SetupPlan {
  const wanted = [...needs, ...(options.forTests ? testNeeds : []), ...(options.forVm ? virtualMachineNeeds : [])];
  return planSetup(facts, wanted, {
    apt: hasApt(), image: embeddedImageCurrent(), compose: options.forTests && composePlugin() === undefined,
    ...(options.service ? { service: hasSystemd() ? 'systemd' : 'nobody' } : {}),
  });
}

interface SetupFlags { forTests: boolean; forVm: boolean; firstUse: boolean; service: boolean; help: boolean }

function readOptions(argv: string[], say: (line: string) => void): SetupFlags | undefined {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        'for-tests': { type: 'boolean' }, 'for-vm': { type: 'boolean' }, 'first-use': { type: 'boolean' }, service: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return {
      forTests: values['for-tests'] === true || values['for-vm'] === true, forVm: values['for-vm'] === true, firstUse: values['first-use'] === true,
      service: values.service === true, help: values.help === true,
    };
  } catch (error) {
    say(messageOf(error));
    say("See 'gantry setup --help'.");
    return undefined;
  }
}
