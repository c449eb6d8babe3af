import { spawnSync } from 'node:child_process';

/** The release of docker's client whose words and requests are compared: others differ from it, and prove nothing about us. */
const compared = 28;

const { status, stdout } = spawnSync('docker', ['--version'], { encoding: 'utf8' });
const release = status === 0 ? Number(/version (\d+)/.exec(stdout)?.[1]) : undefined;

/** The stock client; undefined where there is none of that release. */
export const dockerClient: string | undefined = release === compared ? 'docker' : undefined;

/** Why tests that compare with it cannot run; false where they can. */
export const withoutDockerClient: string | false = dockerClient !== undefined ? false
  : release === undefined ? 'the docker client is not installed' : `the docker client is of release ${release}: what is compared is ${compared}`;
