import { GantryError } from '../errors.ts';
import { decodeName } from '../file-names.ts';
import { number } from './header.ts';
import { paxNumber, type PaxRecords } from './pax.ts';

/** A sparse file's map while it is read. https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html */
export interface SparseState {
  parts: { offset: number; size: number }[];
  realSize: number;
  /** pax formats hide the real name here. */
  name?: string;
  /** Old GNU: another map block follows. */
  more: boolean;
  /** 1.0: the map stands before the body, as decimal lines. */
  mapInBody: boolean;
  numbers: number[];
  digits: string;
}

const maxParts = 100_000;

function emptyState(realSize: number): SparseState {
  return { parts: [], realSize, more: false, mapInBody: false, numbers: [], digits: '' };
}

/** The header of an `S` member: four parts at 386, "more" at 482, the real size at 483. */
export function oldGnuMap(block: Buffer): SparseState {
  const state = emptyState(number(block, 483, 12));
  addParts(state, block, { at: 386, count: 4 });
  state.more = block[482] !== 0;
  return state;
}

/** A block of 21 more parts, "more" at 504. True when it was the last. */
export function oldGnuExtension(state: SparseState, block: Buffer): boolean {
  addParts(state, block, { at: 0, count: 21 });
  state.more = block[504] !== 0;
  return !state.more;
}

function addParts(state: SparseState, block: Buffer, where: { at: number; count: number }): void {
  for (let index = 0; index < where.count; index++) {
    const at = where.at + index * 24;
    if (block[at] === 0) return;
    pushPart(state, number(block, at, 12), number(block, at + 12, 12));
  }
}

function pushPart(state: SparseState, offset: number, size: number): void {
  if (state.parts.length >= maxParts) throw new GantryError('invalid', `archive/tar: invalid tar header: a sparse map of more than ${maxParts} parts`);
  state.parts.push({ offset, size });
}

/** Formats 0.0, 0.1 and 1.0; undefined when the records speak of no sparse file. */
export function paxSparseMap(records: PaxRecords): SparseState | undefined {
  if (records.get('GNU.sparse.major')?.toString() === '1') return version1(records);
  const map = records.get('GNU.sparse.map')?.toString() ?? joinedMap(records);
  if (map === undefined) return undefined;
  const state = emptyState(paxNumber(records, 'GNU.sparse.size') ?? 0);
  const name = records.get('GNU.sparse.name');
  if (name !== undefined) state.name = decodeName(name);
  const values = map === '' ? [] : map.split(',').map(decimal);
  if (values.length % 2 !== 0) throw new GantryError('invalid', 'archive/tar: invalid tar header: broken sparse map');
  for (let index = 0; index < values.length; index += 2) pushPart(state, values[index] as number, values[index + 1] as number);
  return state;
}

function version1(records: PaxRecords): SparseState {
  const state = emptyState(paxNumber(records, 'GNU.sparse.realsize') ?? 0);
  const name = records.get('GNU.sparse.name');
  if (name !== undefined) state.name = decodeName(name);
  state.mapInBody = true;
  return state;
}

/** 0.0: `GNU.sparse.offset` and `numbytes` repeated; the pax parser joined them with commas. */
function joinedMap(records: PaxRecords): string | undefined {
  const offsets = records.get('GNU.sparse.offset')?.toString().split(',');
  const sizes = records.get('GNU.sparse.numbytes')?.toString().split(',');
  if (offsets === undefined || sizes === undefined) return undefined;
  return offsets.map((offset, index) => `${offset},${sizes[index] ?? ''}`).join(',');
}

/** One block of 1.0's map: a count, then offset and size in turn, a decimal number a line. True when the map is whole. */
export function sparseMapInBody(state: SparseState, block: Buffer): boolean {
  for (const byte of block) {
    if (byte !== 0x0a) {
      state.digits += String.fromCharCode(byte);
      if (state.digits.length > 20) throw new GantryError('invalid', 'archive/tar: invalid tar header: broken sparse map');
      continue;
    }
    state.numbers.push(decimal(state.digits));
    state.digits = '';
    const count = state.numbers[0] as number;
    if (count > maxParts) throw new GantryError('invalid', `archive/tar: invalid tar header: a sparse map of more than ${maxParts} parts`);
    if (state.numbers.length === 1 + 2 * count) break;
  }
  const [count, ...values] = state.numbers;
  if (count === undefined || values.length < 2 * count) return false;
  for (let index = 0; index < values.length; index += 2) pushPart(state, values[index] as number, values[index + 1] as number);
  return true;
}

function decimal(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new GantryError('invalid', 'archive/tar: invalid tar header: broken sparse map');
  return value;
}
