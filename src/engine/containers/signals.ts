import { constants } from 'node:os';
import { GantryError } from '../../base/errors.ts';

const realTimeFirst = 34;
const realTimeLast = 64;

/** The number of a signal given by name (`SIGTERM`, `term`, `RTMIN+3`) or number. @throws invalid with Docker's sentence. */
export function signalNumber(signal: string): number {
  const invalid = new GantryError('invalid', `invalid signal: ${signal}`);
  if (/^[+-]?\d+$/.test(signal)) {
    const number = Number(signal);
    if (number === 0) throw invalid;
    if (number < 1 || number > realTimeLast) throw new GantryError('invalid', `the linux daemon does not support signal ${number}`);
    return number;
  }
  const name = signal.toUpperCase().replace(/^SIG/, '');
  const realTime = /^RT(MIN|MAX)([+-]\d{1,2})?$/.exec(name);
  if (realTime !== null) {
    const number = (realTime[1] === 'MIN' ? realTimeFirst : realTimeLast) + Number(realTime[2] ?? 0);
    if (number < realTimeFirst || number > realTimeLast) throw invalid;
    return number;
  }
  const number = (constants.signals as Record<string, number>)[`SIG${name === 'CLD' ? 'CHLD' : name}`];
  if (number === undefined) throw invalid;
  return number;
}

export const SIGKILL = 9;
