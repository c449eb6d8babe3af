import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gantryProgram } from '../support/daemon.ts';
import { runProgram } from './clients.ts';

/** The completion scripts in the shells they are for. Names come from a `gantry` that stands in for the program, as a script may. */
const asked: readonly (readonly [line: string, offers: readonly string[]])[] = [
  ['gantry con', ['container', 'context']],
  ['gantry container in', ['inspect']],
  ['gantry run --memory-s', ['--memory-swap', '--memory-swappiness']],
  ['gantry stop w', ['web']],
  ['gantry image rm b', ['busybox:latest']],
];

/** What each shell is told, to print the candidates for `$line` one a line. */
const shells: Readonly<Record<string, readonly string[]>> = {
  bash: ['bash', '--norc', '-c', 'source "$0"; COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _gantry; printf "%s\\n" "${COMPREPLY[@]}"'],
  // As _bash_complete calls it; zsh itself then drops what does not begin as the word does.
  zsh: ['zsh', '-fc', `autoload -U compinit; compinit -u -D; source "$0"
    ask() { emulate -L sh; setopt kshglob noshglob braceexpand nokshautoload ksharrays; COMP_WORDS=($1); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _gantry
      for word in "\${COMPREPLY[@]}"; do case $word in "\${COMP_WORDS[COMP_CWORD]}"*) echo "$word" ;; esac; done; }
    ask "$1"`],
  fish: ['fish', '--no-config', '-c', 'source $argv[1]; complete -C $argv[2] | string split -f 1 \\t'],
};

describe('completion', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'gantry-completion-'));
    writeFileSync(join(directory, 'gantry'), '#!/bin/sh\ncase $1 in ps) echo web; echo other ;; images) echo busybox:latest ;; esac\n', { mode: 0o755 });
  });
  after(() => { rmSync(directory, { recursive: true, force: true }); });

  for (const [shell, argv] of Object.entries(shells)) {
    test(shell, { skip: spawnSync(shell, ['--version']).status === 0 ? false : `${shell} is not installed` }, async () => {
      const script = join(directory, `script.${shell}`);
      writeFileSync(script, (await runProgram([...gantryProgram(), 'completion', shell])).stdout);
      for (const [line, offers] of asked) {
        const { stdout, stderr } = await runProgram([...argv, script, line], { env: { PATH: `${directory}:${process.env['PATH']}`, HOME: directory } });
        assert.deepEqual([stdout.toString().split('\n').filter((word) => word !== '').sort(), stderr], [[...offers], ''], line);
      }
    });
  }
});
