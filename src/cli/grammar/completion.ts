import { elsewhere, entries, groups, program } from '../tree.ts';
import type { Named } from '../command.ts';
import { globalFlags } from './global-flags.ts';

interface Words { path: string; summary: string; flags: string[]; names: Named | undefined }

/** The script for `bash`, `zsh` or `fish`, made from the tables that the parser reads; undefined for another shell. */
export async function completionScript(shell: string): Promise<string | undefined> {
  if (!['bash', 'zsh', 'fish'].includes(shell)) return undefined;
  const commands = (await Promise.all(entries.filter(({ hidden }) => hidden !== true).map(async (entry): Promise<Words[]> => {
    const { command } = await entry.load();
    const flags = Object.entries(command.flags as Record<string, { hidden?: boolean }>).filter(([, flag]) => flag.hidden !== true).map(([name]) => `--${name}`);
    return entry.paths.map((path) => ({ path, summary: entry.summary, flags: [...flags, '--help'], names: command.names }));
  }))).flat();
  return shell === 'fish' ? fish(commands) : shell === 'zsh' ? `#compdef ${program}\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}` : bash(commands);
}

/** What a running engine is asked for, so that names complete. */
const listings: Readonly<Partial<Record<Named, string>>> = {
  container: `${program} ps -a --format '{{.Names}}'`,
  running: `${program} ps --format '{{.Names}}'`,
  image: `${program} images --format '{{.Repository}}:{{.Tag}}'`,
  network: `${program} network ls --format '{{.Name}}'`,
  volume: `${program} volume ls -q`,
};

/** Also read by zsh, where `path` and `words` are taken: no variable has their name. */
function bash(commands: readonly Words[]): string {
  const top = [...Object.keys(groups), ...Object.keys(elsewhere), ...commands.filter(({ path }) => !path.includes(' ')).map(({ path }) => path)];
  const inside = Object.keys(groups).map((noun) => `    ${noun}) offers="${commands.filter(({ path }) => path.startsWith(`${noun} `)).map(({ path }) => path.slice(noun.length + 1)).join(' ')}" ;;`);
  const flags = commands.map(({ path, flags: names }) => `    '${path}') echo "${names.join(' ')}" ;;`);
  const names = commands.flatMap(({ path, names: kind }) => {
    const listing = kind === undefined ? undefined : listings[kind];
    return listing === undefined ? [] : [`    '${path}') ${listing} 2>/dev/null ;;`];
  });
  return `_${program}_flags() {
  case "$1" in
${flags.join('\n')}
    *) echo "${Object.keys(globalFlags).map((name) => `--${name}`).join(' ')} --help" ;;
  esac
}
_${program}_names() {
  case "$1" in
${names.join('\n')}
  esac
}
_${program}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" chosen="" offers="" word at
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    case "$word" in -*) continue ;; esac
    if [ -z "$chosen" ]; then chosen="$word"
    else case " ${Object.keys(groups).join(' ')} " in *" $chosen "*) chosen="$chosen $word" ;; esac; fi
  done
  case "$chosen" in
    '') offers="${top.join(' ')}" ;;
${inside.join('\n')}
    *) offers="$(_${program}_names "$chosen")" ;;
  esac
  case "$current" in -*) offers="$(_${program}_flags "$chosen")" ;; esac
  COMPREPLY=($(compgen -W "$offers" -- "$current"))
  [ -n "\${COMPREPLY[0]}" ] || compopt -o default 2>/dev/null
  type __ltrim_colon_completions >/dev/null 2>&1 && __ltrim_colon_completions "$current"
}
complete -F _${program} ${program}
`;
}

function fish(commands: readonly Words[]): string {
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = [`complete -c ${program} -f`];
  const nouns = Object.keys(groups);
  for (const [noun, summary] of [...Object.entries(groups), ...Object.entries(elsewhere)]) lines.push(`complete -c ${program} -n __fish_use_subcommand -a ${noun} -d ${quote(summary)}`);
  for (const { path, summary, flags, names } of commands) {
    const [first = '', second] = path.split(' ');
    const nested = second !== undefined;
    const before = nested ? `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${second}` : '__fish_use_subcommand';
    lines.push(`complete -c ${program} -n ${quote(before)} -a ${second ?? first} -d ${quote(summary)}`);
    const within = nested ? `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}` : `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${nouns.join(' ')}`;
    for (const flag of flags) lines.push(`complete -c ${program} -n ${quote(within)} -l ${flag.slice(2)}`);
    const listing = names === undefined ? undefined : listings[names];
    if (listing !== undefined) lines.push(`complete -c ${program} -n ${quote(within)} -a ${quote(`(${listing} 2>/dev/null)`)}`);
    else if (names === 'file') lines.push(`complete -c ${program} -n ${quote(within)} -F`);
  }
  return `${lines.join('\n')}\n`;
}
