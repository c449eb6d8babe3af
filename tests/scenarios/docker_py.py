"""What people's Python programs do with docker-py, on the socket that is named: every step asserts what came of it."""
import io
import sys
import tarfile
import time

import docker
import docker.utils.socket

IMAGE = 'gantry/busybox'
client = docker.DockerClient(base_url=sys.argv[1])


def tar_of(name, content):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w') as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def refused(kind, act):
    try:
        act()
    except kind as error:
        return error
    raise AssertionError(f'{kind.__name__} was expected')


def short_runs():
    assert client.ping() is True
    assert client.version()['ApiVersion'] == '1.51'
    assert client.containers.run(IMAGE, 'echo hi', remove=True) == b'hi\n'
    failed = refused(docker.errors.ContainerError, lambda: client.containers.run(IMAGE, 'sh -c "echo bad >&2; exit 3"', remove=True))
    assert failed.exit_status == 3 and b'bad' in failed.stderr
    refused(docker.errors.ImageNotFound, lambda: client.images.get('nosuch'))
    refused(docker.errors.NotFound, lambda: client.containers.get('nosuch'))


def execs(container):
    # docker-py loses output that comes in one segment with the head of the answer: each program here waits for its input first.
    script = 'read line; echo $A; echo err >&2; exit 5'
    result = client.api.exec_create(container.id, ['sh', '-c', script], stdin=True)
    stream = client.api.exec_start(result['Id'], socket=True)
    stream._sock.sendall(b'go\n')
    stream._sock.shutdown(1)
    told = docker.utils.socket.demux_adaptor
    frames = [told(*frame) for frame in docker.utils.socket.frames_iter(stream, tty=False)]
    assert docker.utils.socket.consume_socket_output(iter(frames), demux=True) == (b'b\n', b'err\n'), frames
    assert client.api.exec_inspect(result['Id'])['ExitCode'] == 5
    assert container.exec_run('false').exit_code == 1
    assert container.exec_run('sleep 100000', detach=True).exit_code is None


def files(container):
    assert container.put_archive('/t', tar_of('f.txt', b'abc')) is True
    parts, stat = container.get_archive('/t/f.txt')
    assert stat['size'] == 3, stat
    assert tarfile.open(fileobj=io.BytesIO(b''.join(parts))).extractfile('f.txt').read() == b'abc'


def networks(container):
    pool = docker.types.IPAMPool(subnet='10.212.7.0/24')
    network = client.networks.create('pynet', driver='bridge', ipam=docker.types.IPAMConfig(pool_configs=[pool]))
    network.connect(container, aliases=['alias'], ipv4_address='10.212.7.9')
    network.reload()
    assert [member.name for member in network.containers] == ['py'], network.attrs
    network.disconnect(container)
    network.remove()


def volumes():
    volume = client.volumes.create('pyvol', labels={'l': '1'})
    assert client.volumes.get('pyvol').attrs['Labels'] == {'l': '1'}
    mounts = {'pyvol': {'bind': '/v', 'mode': 'rw'}}
    assert client.containers.run(IMAGE, 'sh -c "echo x > /v/f; cat /v/f"', volumes=mounts, remove=True) == b'x\n'
    volume.remove()


def images(container):
    image = container.commit('pyimg', tag='1', changes='CMD ["true"]')
    assert image.tags == ['pyimg:1'], image.tags
    image.tag('pyimg', '2')
    archive = b''.join(image.save(named=True))
    client.images.remove('pyimg:1')
    client.images.remove('pyimg:2')
    assert 'pyimg:1' in client.images.load(archive)[0].tags
    client.images.remove('pyimg:1')


def life():
    since = int(time.time())
    script = 'trap "exit 143" TERM; echo start; while :; do sleep 1 & wait; done'
    container = client.containers.run(
        IMAGE, ['sh', '-c', script], detach=True, name='py', environment={'A': 'b'}, labels={'x': 'y'},
        ports={'80/tcp': ('127.0.0.1', None)}, mem_limit='64m', tmpfs={'/t': ''})
    container.reload()
    assert container.status == 'running' and container.attrs['HostConfig']['Memory'] == 64 << 20
    assert container.ports['80/tcp'][0]['HostIp'] == '127.0.0.1'
    assert next(container.logs(stream=True, follow=True)) == b'start\n'
    assert b'start' in container.logs(timestamps=True, tail=1)
    assert [found.name for found in client.containers.list(filters={'label': 'x=y'})] == ['py']
    execs(container)
    files(container)
    assert container.stats(stream=False)['memory_stats']['limit'] == 64 << 20
    assert 'PID' in container.top()['Titles']
    container.pause()
    container.reload()
    assert container.status == 'paused'
    container.unpause()
    container.update(mem_limit='96m', memswap_limit='96m')
    networks(container)
    images(container)
    container.rename('py2')
    container.restart(timeout=1)
    # Before its trap is set, the first process of a container does not hear the signal.
    while container.logs().count(b'start\n') < 2:
        time.sleep(0.05)
    container.kill('TERM')
    assert container.wait()['StatusCode'] == 143
    container.remove()
    told = client.events(since=since, until=int(time.time()) + 1, decode=True, filters={'type': 'container', 'label': 'x=y'})
    actions = [event['Action'] for event in told]
    assert {'create', 'start', 'pause', 'unpause', 'rename', 'kill', 'die', 'destroy'} <= set(actions), actions


short_runs()
volumes()
life()
print('done')
