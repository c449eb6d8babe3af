import { field, optional, stringMap, strings, type Struct } from './field.ts';

/** Durations in nanoseconds. */
const healthcheckStruct: Struct = {
  name: 'HealthcheckConfig',
  fields: [
    optional('Test', strings),
    optional('Interval', 'int64'),
    optional('Timeout', 'int64'),
    optional('StartPeriod', 'int64'),
    optional('StartInterval', 'int64'),
    optional('Retries', 'int'),
  ],
};

/** The Engine API's ContainerConfig, in the order Docker writes it. */
export const containerConfigStruct: Struct = {
  name: 'ContainerConfig',
  fields: [
    field('Hostname', 'string'),
    field('Domainname', 'string'),
    field('User', 'string'),
    field('AttachStdin', 'bool'),
    field('AttachStdout', 'bool'),
    field('AttachStderr', 'bool'),
    optional('ExposedPorts', { map: 'empty' }),
    field('Tty', 'bool'),
    field('OpenStdin', 'bool'),
    field('StdinOnce', 'bool'),
    field('Env', strings),
    field('Cmd', 'words'),
    // A health check without fields is still one: it inherits.
    optional('Healthcheck', { pointer: { struct: healthcheckStruct } }),
    optional('ArgsEscaped', 'bool'),
    field('Image', 'string'),
    field('Volumes', { map: 'empty' }),
    field('WorkingDir', 'string'),
    field('Entrypoint', 'words'),
    optional('NetworkDisabled', 'bool'),
    optional('MacAddress', 'string'),
    field('OnBuild', strings),
    field('Labels', stringMap),
    optional('StopSignal', 'string'),
    optional('StopTimeout', { pointer: 'int' }),
    optional('Shell', 'words'),
  ],
};
