import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Board } from './board.ts';

/** As much of a terminal as a board uses: letters, new lines, the cursor up and down, a line erased. What scrolls off the top is kept in `lines`. */
class Screen {
  columns: number;
  rows: number;
  readonly lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write = (text: string): boolean => {
    for (const [part, count, act] of text.matchAll(/\x1b\[(\d*)([A-Z])|[^]/g)) this.#take(part, Number(count ?? 0), act);
    return true;
  };

  /** Row and column of the cursor, counted from the first line. */
  get cursor(): [number, number] {
    return [this.#row, this.#column];
  }

  get #top(): number {
    return Math.max(0, this.lines.length - this.rows);
  }

  #take(part: string, count: number, act: string | undefined): void {
    if (act === 'A') this.#row = Math.max(this.#top, this.#row - count);
    else if (act === 'B') this.#row = Math.min(this.lines.length - 1, this.#row + count);
    else if (act === 'K') this.lines[this.#row] = '';
    else if (act !== undefined) assert.fail(`this screen does not know ${JSON.stringify(part)}`);
    else if (part === '\r') this.#column = 0;
    else if (part === '\n') this.#nextRow();
    else this.#put(part);
  }

  #put(letter: string): void {
    if (this.#column === this.columns) this.#nextRow();
    const line = this.lines[this.#row]!.padEnd(this.#column);
    this.lines[this.#row] = line.slice(0, this.#column) + letter + line.slice(this.#column + 1);
    this.#column += 1;
  }

  #nextRow(): void {
    this.#row += 1;
    this.#column = 0;
    if (this.#row === this.lines.length) this.lines.push('');
  }
}

const step = (id: string, current: number, total = 100e6) => ({ id, status: 'Downloading', progressDetail: { current, total } });
const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => `layer${String(at).padStart(7, '0')}`);

test('a line for each id is drawn anew in its place, and the cursor rests below', () => {
  const screen = new Screen(100);
  const board = new Board(screen);
  for (const id of ['one', 'two']) board.show({ id, status: 'Pulling fs layer' });
  board.show(step('one', 50e6));
  board.show({ id: 'two', status: 'Pull complete' });
  assert.deepEqual(screen.lines, [`one: Downloading [${'='.repeat(20)}>${' '.repeat(19)}]  50MB/100MB`, 'two: Pull complete', '']);
  assert.deepEqual(screen.cursor, [2, 0]);
});

test('what a bar has no room for goes, the bar first and the share last', () => {
  const shown = [80, 40, 26, 20, 9].map((columns) => {
    const screen = new Screen(columns);
    new Board(screen).show(step('0123456789ab', 25e6));
    return screen.lines;
  });
  assert.deepEqual(shown, [
    ['0123456789ab: Downloading [===>           ]  25MB/100MB', ''], ['0123456789ab: Downloading 25MB/100MB'.slice(0, 39), ''], ['0123456789ab: 25%', ''],
    ['0123456789ab: 25%', ''], ['01234567', ''],
  ]);
});

test('nothing wraps, however narrow the terminal and long the words', () => {
  const screen = new Screen(20);
  const board = new Board(screen);
  const statuses = ['Pulling fs layer', 'Verifying Checksum', 'Download complete'];
  for (const status of statuses) for (const id of ids(3)) board.show({ id, status });
  assert.deepEqual(screen.lines, [...ids(3).map((id) => `${id}: Downlo`.slice(0, 19)), '']);
});

test('a line that has scrolled out of reach goes on below, and no other is touched', () => {
  const screen = new Screen(80, 5);
  const board = new Board(screen);
  for (const id of ids(6)) board.show({ id, status: 'Waiting' });
  board.show({ id: ids(6)[0]!, status: 'Pull complete' });
  board.show({ id: ids(6)[5]!, status: 'Pull complete' });
  board.show({ id: ids(6)[0]!, status: 'Done' });
  assert.deepEqual(screen.lines, [...ids(5).map((id) => `${id}: Waiting`), `${ids(6)[5]}: Pull complete`, `${ids(6)[0]}: Done`, '']);
});

test('on a terminal that became narrower lines go on below what was drawn', () => {
  const screen = new Screen(80);
  const board = new Board(screen);
  for (const id of ids(2)) board.show(step(id, 50e6));
  const drawn = screen.lines.slice(0, 2);
  screen.columns = 30;
  for (const id of ids(2)) board.show({ id, status: 'Pull complete' });
  board.show({ id: ids(2)[0]!, status: 'Done' });
  assert.deepEqual(screen.lines, [...drawn, `${ids(2)[0]}: Done`, `${ids(2)[1]}: Pull complete`, '']);
});

test('what has no id ends a block: the same id after it has a line of its own', () => {
  const screen = new Screen(20);
  const board = new Board(screen);
  board.show({ id: 'a', status: 'Pull complete' });
  board.show({ status: 'Digest: sha256:0123456789abcdef' });
  board.show({ id: 'a', status: 'Already exists' });
  assert.deepEqual(screen.lines, ['a: Pull complete', 'Digest: sha256:01234', '56789abcdef', 'a: Already exists', '']);
});
