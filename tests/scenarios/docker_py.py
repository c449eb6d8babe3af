"""What people's Python programs do with docker-py, on the socket that is named: every step asserts what came of it."""
import io
import sys
import tarfile
import time

import docker

IMAGE = 'gantry/busybox'
client = docker.DockerClient(base_url=sys.argv[1])


def tar_of(name, content):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w') as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def read_all(stream):
    data = b''
    while True:
        part = stream.read(4096)
        if not part:
            return data
        data += part


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
    result = container.exec_run(['sh', '-c', 'echo $A; echo err >&2; exit 5'], demux=True)
    assert result.exit_code == 5 and result.output == (b'b\n', b'err\n'), result
    stream = container.exec_run('cat', stdin=True, socket=True).output
    stream._sock.sendall(b'into\n')
    stream._sock.shutdown(1)
    assert b'into\n' in read_all(stream)
    assert container.exec_run('sh -c "echo t"', tty=True).output == b't\r\n'


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
    script = 'echo start; trap exit TERM; while :; do sleep 1 & wait; done'
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
