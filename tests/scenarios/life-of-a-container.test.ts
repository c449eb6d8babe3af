/** The life of a container as a person at a command line sees it, with the daemon killed between any two of its steps. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clientNames } from './client.ts';
import { archive, image, Stage } from './stage.ts';

for (const name of clientNames) {
  describe(`${name}, and a daemon that is killed after every step`, () => {
    let stage: Stage;
    before(async () => { stage = await Stage.open(); });
    after(() => stage[Symbol.asyncDispose]());

    /** One step of the story; the daemon dies after it. */
    const step = (title: string, act: (client: ReturnType<Stage['client']>) => Promise<void>): void => {
      test(title, async () => {
        await act(stage.client(name));
        await stage.daemon.crashAndRestart();
      });
    };

    step('version and info tell who answers', async (client) => {
      assert.match(await client.ok('version', '--format', '{{.Server.APIVersion}}'), /^1\.\d\d$/);
      assert.equal(await client.ok('info', '--format', '{{.OSType}} {{.Swarm.LocalNodeState}}'), 'linux inactive');
    });

    step('load brings an image', async (client) => {
      assert.equal(await client.ok('load', '-i', archive), `Loaded image: ${image}:latest`);
    });

    step('images shows it', async (client) => {
      assert.equal(await client.ok('images', '--format', '{{.Repository}}:{{.Tag}}'), `${image}:latest`);
    });

    step('run --rm prints, and nothing is left', async (client) => {
      assert.equal(await client.ok('run', '--rm', image, 'echo', 'hello'), 'hello');
      assert.equal(await client.ok('ps', '-aq'), '');
    });

    step('run -d starts a server with limits', async (client) => {
      const script = 'echo first; i=0; while :; do i=$((i+1)); echo line $i; sleep 0.05; done';
      const id = await client.ok('run', '-d', '--name', 'server', '-m', '64m', '--cpus', '0.5', '--pids-limit', '30', '--label', 'kind=story', image, 'sh', '-c', script);
      assert.match(id, /^[0-9a-f]{64}$/);
    });

    step('the limits are there, seen from inside', async (client) => {
      const limits = await client.ok('exec', 'server', 'sh', '-c', `
        if [ -e /sys/fs/cgroup/memory.max ]; then cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max /sys/fs/cgroup/pids.max
        else cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes; echo $(cat cpu/cpu.cfs_quota_us) $(cat cpu/cpu.cfs_period_us); cat pids/pids.max; fi`);
      assert.deepEqual(limits.split('\n'), ['67108864', '50000 100000', '30']);
    });

    step('ps shows it up', async (client) => {
      assert.match(await client.ok('ps', '--filter', 'label=kind=story', '--format', '{{.Names}} {{.Image}} {{.Status}}'), new RegExp(`^server ${image} Up `));
    });

    step('logs -f begins at the first line, misses none, and goes on', async (client) => {
      const logs = client.start(['logs', '-f', 'server']);
      await logs.until(/line 40\n/);
      logs.child.kill('SIGINT');
      await logs.ended();
      const lines = logs.stdout.split('\n').slice(0, 40);
      assert.deepEqual(lines, ['first', ...Array.from({ length: 39 }, (_, index) => `line ${index + 1}`)]);
    });

    step('update changes a limit while it runs', async (client) => {
      await client.ok('update', '--pids-limit', '40', '-m', '96m', '--memory-swap', '128m', 'server');
      const limits = await client.ok('exec', 'server', 'sh', '-c', 'cd /sys/fs/cgroup; cat pids.max memory.max 2>/dev/null || cat pids/pids.max memory/memory.limit_in_bytes');
      assert.equal(limits, '40\n100663296');
    });

    step('stats shows what it uses', async (client) => {
      assert.match(await client.ok('stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}} {{.PIDs}}', 'server'), /^server \S+ \/ 96MiB \d$/);
    });

    step('exec -it gives a shell on a terminal', async (client) => {
      const shell = client.terminal(['exec', '-it', 'server', 'sh']);
      shell.write('tty; stty size\n');
      await shell.until(/\/dev\/pts\/\d+\r\n30 100\r\n/);
      shell.write('exit 5\n');
      assert.equal((await shell.ended()).code, 5);
    });

    step('run -it gives a container on a terminal', async (client) => {
      const shell = client.terminal(['run', '-it', '--rm', '--name', 'terminal', image, 'sh', '-c', 'stty size; read line; echo "<$line>"; exit 3']);
      await shell.until(/30 100\r\n/);
      shell.write('typed\n');
      await shell.until(/<typed>\r\n/);
      assert.equal((await shell.ended()).code, 3);
    });

    step('stop ends the server, and its exit code stays', async (client) => {
      assert.equal(await client.ok('stop', '-t', '1', 'server'), 'server');
    });

    step('wait tells the exit code of what has ended', async (client) => {
      assert.equal(await client.ok('wait', 'server'), '137');
    });

    step('inspect shows how it ended, and what it was told to be', async (client) => {
      assert.equal(await client.ok('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}} {{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{.Config.Labels.kind}}', 'server'), 'exited 137 100663296 40 story');
    });

    step('start begins it again, with the log of before', async (client) => {
      await client.ok('start', 'server');
      assert.equal(await client.ok('inspect', '--format', '{{.State.Running}}', 'server'), 'true');
      assert.equal((await client.ok('logs', 'server')).split('\n')[0], 'first');
    });

    step('rename and restart keep it what it is', async (client) => {
      const id = await client.ok('inspect', '--format', '{{.Id}}', 'server');
      await client.ok('rename', 'server', 'service');
      await client.ok('restart', '-t', '0', 'service');
      assert.equal(await client.ok('inspect', '--format', '{{.Id}} {{.State.Running}}', 'service'), `${id} true`);
    });

    step('rm -f takes it away, and events told of it', async (client) => {
      const events = client.start(['events', '--filter', 'container=service', '--format', '{{.Action}}']);
      // Only an event proves that the stream has begun: pause until it shows.
      while (!events.stdout.includes('unpause')) {
        await client.ok('pause', 'service');
        await client.ok('unpause', 'service');
      }
      assert.equal(await client.ok('rm', '-f', 'service'), 'service');
      await events.until(/kill[^]*die[^]*destroy\n$/);
      events.child.kill('SIGTERM');
      await events.ended();
    });

    test('nothing is left', async () => {
      const client = stage.client(name);
      assert.equal(await client.ok('ps', '-aq'), '');
      assert.equal(await client.ok('rmi', image).then((text) => text.split('\n')[0]), `Untagged: ${image}:latest`);
      assert.equal(await client.ok('images', '-q'), '');
    });
  });
}
