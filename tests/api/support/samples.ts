import type { ContainerRecord, EndpointRecord } from '../../../src/engine/containers/record.ts';
import type { ImageDetails } from '../../../src/engine/images/verbs.ts';

export const containerId = 'c'.repeat(64);
export const imageId = `sha256:${'a'.repeat(64)}` as const;

export const endpoint: EndpointRecord = {
  endpointId: 'e'.repeat(64), networkId: 'f'.repeat(64), request: {}, dnsNames: ['web'], macAddress: '02:42:ac:11:00:02',
  ipv4: '172.17.0.2/16', gateway: '172.17.0.1',
  ports: [
    { protocol: 'tcp', containerPort: 80, hostIp: '0.0.0.0', hostPort: 8080 },
    { protocol: 'tcp', containerPort: 80, hostIp: '::', hostPort: 8080 },
  ],
};

export const running: ContainerRecord = {
  id: containerId, name: 'web', createdAt: '2026-01-02T03:04:05.678901234Z',
  image: { id: imageId, reference: 'busybox:latest' },
  config: { image: 'busybox', cmd: ['sleep', '1 0'], hostname: 'cccccccccccc', env: ['A=1'], exposedPorts: { '80/tcp': {}, '9000-9001/udp': {} } },
  hostConfig: { memory: 64 * 1024 * 1024 },
  path: 'sleep', args: ['1 0'],
  endpoints: { bridge: endpoint },
  mounts: [{
    type: 'bind', source: '/srv', destination: '/data', mode: '', rw: true, propagation: 'rprivate', copyUp: false,
    resolved: { target: '/data', type: 'bind', source: '/srv', readOnly: false, recursive: true, recursiveReadOnly: false, options: [] },
  }],
  layers: [], logPath: '/log', platform: 'linux', restartCount: 0, stoppedByHand: false, removing: false,
  state: { status: 'running', pid: 42, startedAt: '2026-01-02T03:04:06Z' },
};

export const image: ImageDetails = {
  image: {
    id: imageId, manifest: imageId, layers: [{ digest: imageId, mediaType: '', size: 1, diffId: imageId, chainId: imageId }],
    platform: { os: 'linux', architecture: 'amd64' }, created: '2026-01-01T00:00:00.5Z', config: { cmd: ['sh'], env: ['PATH=/bin'] }, addedAtMs: 0,
  },
  repoTags: ['busybox:latest'], repoDigests: [], sizeBytes: 1000, sharedBytes: 10, containers: 2, namedAtMs: 0,
  configJson: { author: 'me', history: [{ comment: 'made' }] }, parentId: '',
};
