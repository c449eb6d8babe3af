import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Engine } from './engine.ts';
import { useEngine } from './target.ts';

describe('containers', () => {
  let engine: Engine;
  useEngine((opened) => { engine = opened; });

  describe('create', () => {
    test('refuses an unknown image with 404', () =>
      engine.answers('POST', '/containers/create', { body: { Image: 'no-such-image' }, status: 404, message: 'No such image: no-such-image:latest' }));

    test('refuses a bad image reference with 400', () =>
      engine.answers('POST', '/containers/create', { body: { Image: 'UPPER' }, status: 400, message: /invalid reference format: repository name.*must be lowercase/ }));

    test('refuses a bad name with 400', () =>
      engine.answers('POST', '/containers/create', {
        query: { name: 'a b' }, body: { Image: engine.image, Cmd: ['true'] }, status: 400,
        message: 'Invalid container name (a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
      }));

    test('refuses a taken name with 409 and says by whom', async () => {
      const id = await engine.create({}, 'taken-name');
      await engine.expect('POST', '/containers/create', {
        query: { name: 'taken-name' }, body: { Image: engine.image, Cmd: ['true'] }, status: 409,
        message: `Conflict. The container name "/taken-name" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
      });
    });

    test('refuses JSON that is none with 400', () =>
      engine.answers('POST', '/containers/create', { raw: Buffer.from('{'), headers: { 'Content-Type': 'application/json' }, status: [400, 500], message: /unexpected EOF/ }));

    test('refuses a body of another type', () =>
      engine.answers('POST', '/containers/create', { raw: Buffer.from('{}'), headers: { 'Content-Type': 'text/plain' }, status: 400, message: /Content-Type/i }));

    test('refuses a memory limit below 6 MB', () =>
      engine.answers('POST', '/containers/create', {
        body: { Image: engine.image, HostConfig: { Memory: 1024 } }, status: 400, message: 'Minimum memory limit allowed is 6MB',
      }));

    test('refuses swap below memory', () =>
      engine.answers('POST', '/containers/create', {
        body: { Image: engine.image, HostConfig: { Memory: 64 << 20, MemorySwap: 32 << 20 } }, status: 400,
        message: /Minimum memoryswap limit should be larger than memory limit/,
      }));

    test('refuses NanoCPUs together with a quota', () =>
      engine.answers('POST', '/containers/create', {
        body: { Image: engine.image, HostConfig: { NanoCpus: 1e9, CpuQuota: 5000 } }, status: 400, message: /Conflicting options: Nano CPUs and CPU Quota cannot both be set/i,
      }));

    test('refuses auto-remove with a restart policy', () =>
      engine.answers('POST', '/containers/create', {
        body: { Image: engine.image, HostConfig: { AutoRemove: true, RestartPolicy: { Name: 'always' } } }, status: 400,
        message: /can't create 'AutoRemove' container with restart policy/i,
      }));

    test('refuses an unknown restart policy', () =>
      engine.answers('POST', '/containers/create', {
        body: { Image: engine.image, HostConfig: { RestartPolicy: { Name: 'sometimes' } } }, status: 400, message: /invalid restart policy/,
      }));

    test('refuses an unknown capability at create or start, by name', async () => {
      const created = await engine.call('POST', '/containers/create', { body: { Image: engine.image, Cmd: ['true'], HostConfig: { CapAdd: ['FLY'] } } });
      assert.equal(created.status, 400, created.text);
      assert.match(created.json.message, /FLY/);
    });

    test('refuses a relative target of a bind mount', () =>
      engine.answers('POST', '/containers/create', {
        body: { Image: engine.image, HostConfig: { Binds: ['/tmp:relative'] } }, status: [400, 500], message: /invalid (mount path: 'relative'|volume specification)|mount path must be absolute/,
      }));

    test('refuses a mount whose source does not exist', () =>
      engine.answers('POST', '/containers/create', {
        body: { Image: engine.image, HostConfig: { Mounts: [{ Type: 'bind', Source: '/no/such/path', Target: '/x' }] } }, status: 400,
        message: /invalid mount config for type "bind": bind source path does not exist: \/no\/such\/path/,
      }));

    test('refuses two mounts on one target', () =>
      engine.answers('POST', '/containers/create', {
        body: { Image: engine.image, HostConfig: { Binds: ['/tmp:/x', '/var:/x'] } }, status: 400, message: 'Duplicate mount point: /x',
      }));

    test('refuses a hostname with the host\'s UTS namespace', () =>
      engine.answers('POST', '/containers/create', {
        body: { Image: engine.image, Hostname: 'h', HostConfig: { UTSMode: 'host' } }, status: 400, message: /conflicting options: hostname and the UTS mode/i,
      }));

    test('refuses to join the network of a container that does not exist', async () => {
      const answer = await engine.call('POST', '/containers/create', { body: { Image: engine.image, Cmd: ['true'], HostConfig: { NetworkMode: 'container:nobody' } } });
      const said = answer.status === 201 ? await engine.call('POST', `/containers/${answer.json.Id}/start`) : answer;
      if (answer.status === 201) await engine.call('DELETE', `/containers/${answer.json.Id}`, { query: { force: 1 } });
      assert.match(said.json.message, /No such container: nobody/);
    });

    test('has the defaults that clients read', async () => {
      const seen = await engine.inspect(await engine.create({}));
      assert.ok((engine.ours ? ['bridge'] : ['bridge', 'default']).includes(seen.HostConfig.NetworkMode)); // 20.10 keeps the word that was given
      assert.deepEqual(seen.HostConfig.RestartPolicy.MaximumRetryCount, 0);
      assert.equal(seen.HostConfig.ShmSize, 67108864);
      assert.equal(seen.HostConfig.LogConfig.Type, 'json-file');
      assert.equal(seen.Config.Hostname, seen.Id.slice(0, 12));
      assert.equal(seen.State.Status, 'created');
      assert.equal(seen.State.StartedAt, '0001-01-01T00:00:00Z');
      assert.equal(seen.State.FinishedAt, '0001-01-01T00:00:00Z');
      assert.equal(seen.Platform, 'linux');
      assert.equal(seen.RestartCount, 0);
      assert.deepEqual(seen.Mounts, []);
      assert.equal(seen.Path, 'sh');
      assert.deepEqual(seen.Args, ['-c', 'exec sleep 1000']);
      assert.ok(seen.HostConfig.MaskedPaths.includes('/proc/kcore'));
      assert.ok(seen.HostConfig.ReadonlyPaths.includes('/proc/sys'));
    });
  });

  describe('states', () => {
    test('start of a running container is 304', async () => {
      const id = await engine.run();
      await engine.expect('POST', `/containers/${id}/start`, { status: 304 });
    });

    test('stop of a stopped container is 304', async () => {
      const id = await engine.create();
      await engine.expect('POST', `/containers/${id}/stop`, { status: 304 });
    });

    test('kill of a stopped container is 409', async () => {
      const id = await engine.create();
      await engine.expect('POST', `/containers/${id}/kill`, { status: 409, message: new RegExp(`annot kill container.*${id}.*is not running`, 'i') });
    });

    test('kill with an unknown signal is 400', async () => {
      const id = await engine.run();
      await engine.expect('POST', `/containers/${id}/kill`, { query: { signal: 'SIGNOPE' }, status: 400, message: /[Ii]nvalid signal: SIGNOPE/ });
    });

    test('pause, and again, and what a paused container refuses', async () => {
      const id = await engine.run();
      await engine.expect('POST', `/containers/${id}/pause`, { status: 204 });
      assert.equal((await engine.inspect(id)).State.Status, 'paused');
      await engine.expect('POST', `/containers/${id}/pause`, { status: 409, message: `Container ${id} is already paused` });
      await engine.expect('POST', `/containers/${id}/start`, { status: 409, message: /cannot start a paused container, try unpause instead/ });
      await engine.expect('POST', `/containers/${id}/exec`, { body: { Cmd: ['true'] }, status: 409, message: /is paused, unpause the container before exec/ });
      await engine.expect('POST', `/containers/${id}/unpause`, { status: 204 });
      await engine.expect('POST', `/containers/${id}/unpause`, { status: 500, message: /is not paused/ });
    });

    test('pause of a stopped container is 409', async () => {
      const id = await engine.create();
      await engine.expect('POST', `/containers/${id}/pause`, { status: 409, message: new RegExp(`${id} is not running`) });
    });

    test('remove of a running container is 409', async () => {
      const id = await engine.run();
      await engine.expect('DELETE', `/containers/${id}`, { status: 409, message: /ou cannot remove a running container|container is running: stop the container before removing or force remove/i });
    });

    test('an unknown container is 404 on every route', async () => {
      for (const [method, path] of [
        ['GET', 'json'], ['POST', 'start'], ['POST', 'stop'], ['POST', 'kill'], ['POST', 'pause'], ['POST', 'restart'], ['GET', 'top'],
        ['POST', 'wait'], ['GET', 'logs?stdout=1'],
      ] as const) {
        await engine.expect(method, `/containers/nobody/${path}`, { status: 404, message: /No such container: nobody$/ });
      }
      // Docker's attach takes the connection over first, so its error is plain text.
      assert.match((await engine.expect('POST', '/containers/nobody/attach', { status: 404 })).text, /No such container: nobody/);
      await engine.expect('DELETE', '/containers/nobody', { status: 404, message: 'No such container: nobody' });
    });

    test('a container answers to its name, its id and a prefix of it', async () => {
      const id = await engine.create({}, 'by-any-name');
      for (const name of ['by-any-name', id, id.slice(0, 12), id.slice(0, 20)]) {
        assert.equal((await engine.inspect(encodeURIComponent(name))).Id, id);
      }
    });

    test('rename to a taken name is 409, to nothing 400 or 500', async () => {
      const id = await engine.create({}, 'first-one');
      await engine.create({}, 'second-one');
      await engine.expect('POST', `/containers/${id}/rename`, { query: { name: 'second-one' }, status: 409, message: /is already in use by container/ });
      const empty = await engine.call('POST', `/containers/${id}/rename`, { query: { name: '' } });
      assert.ok([400, 500].includes(empty.status), empty.text);
      await engine.expect('POST', `/containers/${id}/rename`, { query: { name: 'third-one' }, status: 204 });
      assert.equal((await engine.inspect(id)).Name, '/third-one');
    });

    test('top of a stopped container is refused', async () => {
      const id = await engine.create();
      const answer = await engine.call('GET', `/containers/${id}/top`);
      assert.ok([409, 500].includes(answer.status), answer.text);
      assert.match(answer.json.message, /is not running/);
    });

    /** One process, that is its program: a start is answered before the kernel has put it there. */
    const waiting = async (): Promise<string> => {
      const id = await engine.run({ Cmd: ['sh', '-c', 'echo ready; read line'], OpenStdin: true });
      await engine.logged(id, 'ready');
      return id;
    };

    test('top says in one line what ps does not take, and needs a PID to go by', async () => {
      const id = await waiting();
      const top = (ps_args: string) => engine.call('GET', `/containers/${id}/top`, { query: { ps_args } });
      assert.deepEqual([(await top('bad')).status, (await top('bad')).json.message], [500, 'ps: error: unsupported option (BSD syntax)']);
      assert.equal((await top('-o cmd')).json.message, "Couldn't find PID field in ps output");
      assert.deepEqual((await top('-o pid,cmd')).json.Titles, ['PID', 'CMD']);
      assert.deepEqual((await top('aux')).json.Titles.slice(0, 3), ['USER', 'PID', '%CPU']);
      for (const form of ['l', 'u', 'o pid,args']) assert.match((await top(form)).json.Processes[0].at(-1), /^sh -c echo ready/, form);
    });

    test('top shows the processes of a running one', async () => {
      const id = await waiting();
      const { json } = await engine.expect('GET', `/containers/${id}/top`, { status: 200 });
      assert.deepEqual(json.Titles, ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']);
      assert.equal(json.Processes.length, 1);
      assert.equal(json.Processes[0][7], 'sh -c echo ready; read line');
    });
  });

  describe('exit codes', () => {
    for (const [what, cmd, code] of [
      ['of true', ['true'], 0], ['of false', ['false'], 1], ['as given', ['sh', '-c', 'exit 42'], 42],
      ['of a signal', ['sh', '-c', 'sh -c "kill -9 \\$\\$"; exit $?'], 137],
    ] as const) {
      test(`${what}: ${code}`, async () => {
        assert.equal((await engine.finished({ Cmd: cmd })).exitCode, code);
      });
    }

    test('a command that is not there fails the start, and the container says 127', async () => {
      const id = await engine.create({ Cmd: ['no-such-command'] });
      const answer = await engine.call('POST', `/containers/${id}/start`);
      assert.ok([400, 404].includes(answer.status), answer.text);
      assert.match(answer.json.message, /executable file not found in \$PATH/);
      const seen = await engine.inspect(id);
      assert.equal(seen.State.ExitCode, 127);
      assert.equal(seen.State.Status, 'created');
      assert.match(seen.State.Error, /executable file not found/);
    });

    for (const [what, content, reason] of [
      ['without a byte in it', '', 'exec format error'],
      ['of an unknown format', '\\177ELF and no more', 'exec format error'],
      ['whose interpreter is missing', '#!/no/such', 'no such file or directory'],
    ] as const) {
      test(`a program ${what} has started, says so on stderr, and ends with 255`, async () => {
        const made = await engine.finished({ Cmd: ['sh', '-c', `printf '${content}' > /v/x; chmod 755 /v/x`], Volumes: { '/v': {} } });
        const { exitCode, stdout, stderr } = await engine.finished({ Cmd: ['/v/x'], HostConfig: { VolumesFrom: [made.id] } });
        assert.deepEqual([stdout, stderr], ['', `exec /v/x: ${reason}\n`]);
        // Docker 20.10's runc has 1.
        assert.ok(exitCode === 255 || !engine.ours && exitCode === 1, String(exitCode));
      });
    }

    test('a limit of open files that is lower than what it takes to start a container is the program\'s all the same', async () => {
      const { stdout } = await engine.finished({ Cmd: ['sh', '-c', 'echo $(ulimit -Sn) $(ulimit -Hn)'], HostConfig: { Ulimits: [{ Name: 'nofile', Soft: 20, Hard: 20 }] } });
      assert.equal(stdout, '20 20\n');
    });

    test('a file that cannot be executed: 126', async () => {
      const id = await engine.create({ Cmd: ['/etc/passwd'] });
      const answer = await engine.call('POST', `/containers/${id}/start`);
      assert.ok([400, 500].includes(answer.status), answer.text);
      assert.match(answer.json.message, /permission denied/i);
      assert.equal((await engine.inspect(id)).State.ExitCode, 126);
    });

    test('kill with SIGTERM ends a process without a handler only when it is not the first', async () => {
      const id = await engine.run({ Cmd: ['sh', '-c', 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done'] });
      await engine.logged(id, 'ready\n');
      await engine.expect('POST', `/containers/${id}/stop`, { query: { t: 10 }, status: 204 });
      assert.equal((await engine.inspect(id)).State.ExitCode, 7);
    });

    test('stop kills after its time', async () => {
      const id = await engine.run({ Cmd: ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'] });
      await engine.logged(id, 'ready\n');
      await engine.expect('POST', `/containers/${id}/stop`, { query: { t: 1 }, status: 204 });
      assert.equal((await engine.inspect(id)).State.ExitCode, 137);
    });
  });

  describe('streams', () => {
    test('logs keep the two streams apart', async () => {
      const { stdout, stderr } = await engine.finished({ Cmd: ['sh', '-c', 'echo out; echo err >&2'] });
      assert.deepEqual({ stdout, stderr }, { stdout: 'out\n', stderr: 'err\n' });
    });

    test('logs without a stream are refused', async () => {
      const id = await engine.create();
      await engine.expect('GET', `/containers/${id}/logs`, { status: 400, message: 'Bad parameters: you must choose at least one stream' });
    });

    test('logs with tail and timestamps', async () => {
      const { id } = await engine.finished({ Cmd: ['sh', '-c', 'for i in 1 2 3 4 5; do echo line $i; done'] });
      const { text } = await engine.expect('GET', `/containers/${id}/logs`, { query: { stdout: 1, tail: 2, timestamps: 1 }, status: 200 });
      assert.match(text, /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 4\n/);
      assert.doesNotMatch(text, /line 3/);
    });

    test('attach upgrades, carries stdin and its end', async () => {
      const id = await engine.create({ Cmd: ['cat'], OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true });
      const { socket, head, headers } = await engine.hijack(`/containers/${id}/attach`, { query: { stdin: 1, stdout: 1, stderr: 1, stream: 1 } });
      assert.match(String(headers['content-type']), /raw-stream|multiplexed-stream/);
      await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
      socket.end('through the pipe\n');
      const chunks: Buffer[] = [head];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      assert.equal(Buffer.concat(chunks).subarray(8).toString(), 'through the pipe\n');
      assert.equal((await engine.expect('POST', `/containers/${id}/wait`, { status: 200 })).json.StatusCode, 0);
    });

    test('a wait asked before the start hears of the exit', async () => {
      const id = await engine.create({ Cmd: ['sh', '-c', 'exit 3'] });
      const waiting = await engine.open('POST', `/containers/${id}/wait`, { query: { condition: 'next-exit' } });
      assert.equal(waiting.statusCode, 200);
      await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
      let text = '';
      for await (const chunk of waiting) text += String(chunk);
      assert.equal(JSON.parse(text).StatusCode, 3);
    });

    test('a wait for the removal hears of it', async () => {
      const id = await engine.create({ Cmd: ['true'], HostConfig: { AutoRemove: true } });
      const waiting = await engine.open('POST', `/containers/${id}/wait`, { query: { condition: 'removed' } });
      await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
      let text = '';
      for await (const chunk of waiting) text += String(chunk);
      assert.equal(JSON.parse(text).StatusCode, 0);
      await engine.expect('GET', `/containers/${id}/json`, { status: 404 });
    });
  });

  describe('list', () => {
    test('shows running containers, all with all=1, and refuses an unknown filter', async () => {
      const stopped = await engine.create({ Labels: { suite: 'list' } });
      const running = await engine.run({ Labels: { suite: 'list' } });
      const filters = JSON.stringify({ label: ['suite=list'] });
      const ids = async (query: Record<string, string | number>) =>
        (await engine.expect('GET', '/containers/json', { query, status: 200 })).json.map((each: { Id: string }) => each.Id).sort();
      assert.deepEqual(await ids({ filters }), [running]);
      assert.deepEqual(await ids({ filters, all: 1 }), [running, stopped].sort());
      assert.deepEqual(await ids({ all: 1, filters: JSON.stringify({ label: { 'suite=list': true }, status: { created: true } }) }), [stopped]);
      await engine.expect('GET', '/containers/json', { query: { filters: '{"colour":["red"]}' }, status: 400, message: /[Ii]nvalid filter.*colour/ });
    });

    for (const [filters, names] of [
      [{ status: ['created', 'exited'] }, ['old', 'ended']], [{ exited: ['3'] }, []], [{ before: ['list-new'] }, ['mid']], [{ since: ['list-mid'] }, ['new']],
      [{ ancestor: ['gantry/busybox'] }, ['mid', 'new']], [{ network: ['bridge'] }, ['mid', 'new']], [{ network: ['none'] }, []], [{ volume: ['list-v'] }, ['mid']], [{ volume: ['/data'] }, ['mid']],
      [{ volume: ['/dat'] }, []], [{ 'is-task': ['true'] }, []], [{ 'is-task': ['false'] }, ['mid', 'new']], [{ label: ['suite'] }, ['mid', 'new']], [{ label: ['suite=filters', 'at=mid'] }, ['mid']],
      [{ label: ['at=mid', 'at=new'] }, []], [{ name: ['^/?list-m'] }, ['mid']], [{ name: ['mid$', 'new$'] }, ['mid', 'new']], [{ health: ['none'] }, ['mid', 'new']], [{ health: ['healthy'] }, []],
      [{ expose: ['80'] }, ['mid']], [{ expose: ['79-81/tcp'] }, ['mid']], [{ expose: ['80/udp'] }, []], [{ publish: ['80'] }, []], [{ isolation: ['default'] }, ['mid', 'new']],
      [{ id: ['zz'] }, []], [{ status: ['running'], label: ['at=new'] }, ['new']],
    ] as const) {
      test(`filtered by ${JSON.stringify(filters)} shows ${names.join(' and ') || 'none'}`, async () => {
        const make = async (name: string, config: Record<string, unknown>): Promise<string> => await engine.create({ Labels: { suite: 'filters', at: name }, ...config }, `list-${name}`);
        const start = async (id: string): Promise<unknown> => await engine.expect('POST', `/containers/${id}/start`, { status: 204 });
        await make('old', { ExposedPorts: { '80/tcp': {} } });
        const ended = await make('ended', { Cmd: ['sh', '-c', 'exit 3'] });
        await start(ended);
        await engine.expect('POST', `/containers/${ended}/wait`, { status: 200 });
        await start(await make('mid', { ExposedPorts: { '80/tcp': {} }, HostConfig: { Binds: ['list-v:/data'] } }));
        await start(await make('new', {}));
        const { json } = await engine.expect('GET', '/containers/json', { query: { filters: JSON.stringify(filters) }, status: 200 });
        assert.deepEqual(json.map((each: { Names: string[] }) => each.Names[0]!.replace('/list-', '')).sort(), [...names].sort());
        await engine.clean();
        await engine.call('DELETE', '/volumes/list-v');
      });
    }

    for (const [filters, message] of [
      ['{"status":["bad"]}', /^invalid filter 'status=bad'/i], ['{"health":["bad"]}', /invalid filter 'health=bad'|Unrecognised filter value for health: bad/],
      ['{"is-task":["bad"]}', /^invalid filter 'is-task=\[bad\]'$/i], ['{"label!":["x"]}', /^invalid filter 'label!'$/i], ['{"before":["nobody"]}', /no such container:? nobody$/i],
      ['{"exited":["x"]}', /invalid filter 'exited=x'|invalid syntax/], ['{"expose":["x"]}', /x.*invalid syntax|invalid port specification: "x"/], ['{', /./], ['[]', /./], ['{"label":[5]}', /./],
    ] as const) {
      test(`refuses the filters ${filters}`, () => engine.answers('GET', '/containers/json', { query: { filters }, status: filters.includes('before') ? [404, 500] : [400, 500], message }));
    }

    test('limit shows the newest, whatever their state', async () => {
      await engine.create({ Labels: { suite: 'limit' } });
      const newest = await engine.create({ Labels: { suite: 'limit' } });
      const { json } = await engine.expect('GET', '/containers/json', { query: { limit: 1 }, status: 200 });
      assert.deepEqual(json.map((each: { Id: string }) => each.Id), [newest]);
      assert.deepEqual(Object.keys(json[0]).filter((key) => !['Platform', 'ImageManifestDescriptor', 'Health'].includes(key)).sort(), [
        'Command', 'Created', 'HostConfig', 'Id', 'Image', 'ImageID', 'Labels', 'Mounts', 'Names', 'NetworkSettings', 'Ports', 'State', 'Status',
      ]);
      assert.equal(json[0].Command, "sh -c 'exec sleep 1000'");
    });
  });
});
