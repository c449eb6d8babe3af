import { GantryError } from '../../../base/errors.ts';

export interface RestartPolicy { Name: string; MaximumRetryCount: number }

/** `no`, `always`, `unless-stopped`, `on-failure[:times]`. */
export function parseRestartPolicy(text: string): RestartPolicy {
  if (text === '') return { Name: '', MaximumRetryCount: 0 };
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const times = colon < 0 ? '' : text.slice(colon + 1);
  if (name === '') throw new GantryError('invalid', 'invalid restart policy format: no policy provided before colon');
  if (times !== '' && !/^[+-]?\d+$/.test(times)) throw new GantryError('invalid', 'invalid restart policy format: maximum retry count must be an integer');
  return { Name: name, MaximumRetryCount: times === '' ? 0 : Number(times) };
}
