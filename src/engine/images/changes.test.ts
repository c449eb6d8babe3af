import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyChanges } from './changes.ts';

describe('applyChanges()', () => {
  const cases: [lines: string[], expected: object][] = [
    [['CMD ["a", "b c"]'], { cmd: ['a', 'b c'] }],
    [['cmd echo hi'], { cmd: ['/bin/sh', '-c', 'echo hi'] }],
    [['ENTRYPOINT ["/x"]'], { entrypoint: ['/x'] }],
    [['ENV A=1 B="two words"', 'ENV A 3 4'], { env: ['A=3 4', 'B=two words'] }],
    [['LABEL "a b"="c\\"d"'], { labels: { 'a b': 'c"d' } }],
    [['LABEL a=b "c d"=e'], { labels: { a: 'b', 'c d': 'e' } }],
    [['EXPOSE 80 53/udp 8000-8001'], { exposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {} } }],
    [['VOLUME ["/a"]', 'VOLUME /b /c'], { volumes: { '/a': {}, '/b': {}, '/c': {} } }],
    [['WORKDIR /a', 'WORKDIR b/../c'], { workingDir: '/a/c' }],
    [['USER 1000:1000', 'STOPSIGNAL SIGINT', 'ONBUILD RUN true'], { user: '1000:1000', stopSignal: 'SIGINT', onBuild: ['RUN true'] }],
    [['HEALTHCHECK --interval=1m30s --retries=3 CMD curl -f x'], { healthcheck: { test: ['CMD-SHELL', 'curl -f x'], interval: 90e9, retries: 3 } }],
    [['ENV A=1 "B C"=$A', 'ENV D=$A${A}x E=\'$A\' F=\\$A G="\\a $A"', 'ENV H "two words"'], { env: ['A=1', 'B C=', 'D=11x', 'E=$A', 'F=$A', 'G=\\a 1', 'H=two words'] }],
    [['ENV A=1 N=', 'LABEL a=${A:-x} b=${N:-x} c=${N-x} d=${M-x} e=${A:+y} f=${N:+y} g=${N+y} h=$M h=5$ i=$.'], { env: ['A=1', 'N='], labels: { a: '1', b: 'x', c: '', d: 'x', e: 'y', f: '', g: 'y', h: '5$', i: '$.' } }],
    [['ENV P=80 D=/d', 'EXPOSE $P $M', 'VOLUME $D/a "/b"', 'WORKDIR $D/w', 'USER "a b"', 'STOPSIGNAL 99'], { env: ['P=80', 'D=/d'], exposedPorts: { '80/tcp': {} }, volumes: { '/d/a': {}, '/b': {} }, workingDir: '/d/w', user: 'a b', stopSignal: '99' }],
    [['# nothing', 'ENV A=1 \\', '  B=2', '', 'CMD x\nUSER y'], { env: ['A=1', 'B=2'], cmd: ['/bin/sh', '-c', 'x'], user: 'y' }],
    [['CMD x', 'ENTRYPOINT ["y"]', 'CMD []'], { cmd: ['/bin/sh', '-c', 'x'], entrypoint: ['y'] }],
    [['HEALTHCHECK NONE'], { healthcheck: { test: ['NONE'] } }],
  ];
  for (const [lines, expected] of cases) it(`applies ${lines.join('; ')}`, () => assert.deepEqual(applyChanges({}, lines), expected));

  it('starts a new entry point without the old command', () => {
    assert.deepEqual(applyChanges({ cmd: ['old'], entrypoint: ['e'] }, ['ENTRYPOINT ["x"]']), { entrypoint: ['x'] });
    assert.deepEqual(applyChanges({ cmd: ['old'] }, ['CMD ["new"]', 'ENTRYPOINT ["x"]']), { cmd: ['new'], entrypoint: ['x'] });
    assert.deepEqual(applyChanges({ cmd: ['old'] }, ['ENTRYPOINT []']), { cmd: ['old'], entrypoint: [] });
  });

  for (const line of ['RUN true', 'FROM x', 'ENV', 'EXPOSE 99999', 'EXPOSE x', 'LABEL a="b', 'ONBUILD ONBUILD RUN x', 'HEALTHCHECK CMD', 'HEALTHCHECK --x=1 CMD y', 'HEALTHCHECK --interval=5 CMD y', 'HEALTHCHECK --interval=-1s CMD y', 'HEALTHCHECK --timeout=1us CMD y', 'HEALTHCHECK NONE x', 'STOPSIGNAL FOO', 'EXPOSE 80/foo', 'VOLUME []', 'VOLUME [""]', 'VOLUME ""', 'WORKDIR ""', 'LABEL =x', 'ENV A=${', 'ENV A=${B', 'ENV A=${}', 'ENV A=${B:?no}', "USER 'x", '', '# x']) {
    it(`refuses ${line}`, () => assert.throws(() => applyChanges({}, [line]), { kind: 'invalid' }));
  }
});
