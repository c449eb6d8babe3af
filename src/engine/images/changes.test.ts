import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyChanges } from './changes.ts';

describe('applyChanges()', () => {
  const cases: [lines: string[], expected: object][] = [
    [['CMD ["a", "b c"]'], { cmd: ['a', 'b c'] }],
    [['cmd echo hi'], { cmd: ['/bin/sh', '-c', 'echo hi'] }],
    [['ENTRYPOINT ["/x"]'], { entrypoint: ['/x'] }],
    [['ENV A=1 B="two words"', 'ENV A 3 4'], { env: ['A=3 4', 'B=two words'] }],
    [['LABEL a=b "c d"=e'], { labels: { a: 'b', 'c d': 'e' } }],
    [['EXPOSE 80 53/udp 8000-8001'], { exposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {} } }],
    [['VOLUME ["/a"]', 'VOLUME /b /c'], { volumes: { '/a': {}, '/b': {}, '/c': {} } }],
    [['WORKDIR /a', 'WORKDIR b/../c'], { workingDir: '/a/c' }],
    [['USER 1000:1000', 'STOPSIGNAL SIGINT', 'ONBUILD RUN true'], { user: '1000:1000', stopSignal: 'SIGINT', onBuild: ['RUN true'] }],
    [['HEALTHCHECK --interval=1m30s --retries=3 CMD curl -f x'], { healthcheck: { test: ['CMD-SHELL', 'curl -f x'], interval: 90e9, retries: 3 } }],
    [['HEALTHCHECK NONE'], { healthcheck: { test: ['NONE'] } }],
  ];
  for (const [lines, expected] of cases) it(`applies ${lines.join('; ')}`, () => assert.deepEqual(applyChanges({}, lines), expected));

  for (const line of ['RUN true', 'FROM x', 'ENV', 'EXPOSE 99999', 'EXPOSE x', 'LABEL a="b', 'ONBUILD ONBUILD RUN x', 'HEALTHCHECK CMD', 'HEALTHCHECK --x=1 CMD y', 'HEALTHCHECK --interval=5 CMD y', 'HEALTHCHECK --interval=-1s CMD y', 'HEALTHCHECK --timeout=1us CMD y', 'USER a b']) {
    it(`refuses ${line}`, () => assert.throws(() => applyChanges({}, [line]), { kind: 'invalid' }));
  }
});
