import { GantryError, messageOf } from '../../base/errors.ts';
import { compile, type Compiled } from '../../base/template/evaluate.ts';
import type { ContainerRecord } from './record.ts';

/** What a log says of its container. */
export interface LoggedContainer extends Pick<ContainerRecord, 'id' | 'name' | 'path' | 'args' | 'config'> { image: { id: string; reference: string } }

/**
 * The extra attributes of each line: the labels and variables that `labels`, `labels-regex`, `env` and `env-regex` choose, and what `tag` gives.
 * @throws invalid for a pattern or a template that is none
 */
export function logAttributesOf(container: LoggedContainer, options: Record<string, string>): Record<string, string> {
  const labels = new Map(Object.entries(container.config.labels ?? {}));
  const variables = new Map((container.config.env ?? []).filter((line) => line.includes('=')).map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  }));
  const tag = options['tag'] ? tagOf(container, options['tag']) : '';
  return {
    ...chosen(labels, { list: options['labels'], pattern: patternOf(options, 'labels-regex') }),
    ...chosen(variables, { list: options['env'], pattern: patternOf(options, 'env-regex') }),
    ...(tag !== '' && { tag }),
  };
}

function chosen(values: ReadonlyMap<string, string>, { list = '', pattern }: { list?: string; pattern: RegExp | undefined }): Record<string, string> {
  const names = new Set(list.split(',').map((each) => each.trim()));
  return Object.fromEntries([...values].filter(([name]) => names.has(name) || pattern?.test(name) === true));
}

/** Go writes flags of a whole pattern in front of it. */
function patternOf(options: Record<string, string>, key: string): RegExp | undefined {
  const text = options[key];
  if (!text) return undefined;
  const [, flags = '', pattern = ''] = /^(?:\(\?([ims]+)\))?([^]*)$/.exec(text) ?? [];
  try {
    return new RegExp(pattern, flags);
  } catch (cause) {
    throw new GantryError('invalid', `invalid value for ${key}: ${JSON.stringify(text)} is no regular expression`, { cause });
  }
}

/** https://docs.docker.com/engine/logging/log_tags/ */
function tagOf({ id, name, image, path, args }: LoggedContainer, text: string): string {
  const shortLength = 12;
  try {
    const template: Compiled = compile(text);
    return template.execute({
      ID: id.slice(0, shortLength), FullID: id, Name: name,
      // With the algorithm, as Docker cuts it.
      ImageID: image.id.slice(0, shortLength), ImageFullID: image.id, ImageName: image.reference,
      Command: [path, ...args].join(' '), DaemonName: 'docker',
    });
  } catch (cause) {
    throw new GantryError('invalid', `invalid value for tag: ${messageOf(cause)}`, { cause });
  }
}
