import type { AnyCommand } from './command.ts';

export const program = 'gantry';

/** One command: where it can be found, what it does, and how to load it. Nothing is imported before it runs. */
export interface Entry {
  /** The canonical path first; the others are aliases. */
  paths: readonly string[];
  summary: string;
  /** Shown among the common commands in the first help. */
  common?: boolean;
  hidden?: boolean;
  load: () => Promise<{ command: AnyCommand }>;
}

export const groups: Readonly<Record<string, string>> = {
  builder: 'Manage builds',
  container: 'Manage containers',
  context: 'Manage addresses of engines',
  image: 'Manage images',
  manifest: 'Manage image manifests and manifest lists',
  network: 'Manage networks',
  plugin: 'Look at plugins',
  system: 'Manage the engine',
  volume: 'Manage volumes',
};

const both = (noun: string, name: string, ...more: string[]): string[] => [`${noun} ${name}`, name, ...more];

export const entries: readonly Entry[] = [
  { paths: both('container', 'run'), common: true, summary: 'Create and run a new container from an image', load: () => import('./container/run.ts') },
  { paths: both('container', 'exec'), common: true, summary: 'Execute a command in a running container', load: () => import('./container/exec.ts') },
  { paths: ['container ls', 'container list', 'container ps', 'ps'], common: true, summary: 'List containers', load: () => import('./container/ls.ts') },
  { paths: both('container', 'attach'), summary: 'Attach local standard input, output, and error streams to a running container', load: () => import('./container/attach.ts') },
  { paths: both('container', 'commit'), summary: "Create a new image from a container's changes", load: () => import('./container/commit.ts') },
  { paths: both('container', 'cp'), summary: 'Copy files/folders between a container and the local filesystem', load: () => import('./container/cp.ts') },
  { paths: both('container', 'create'), summary: 'Create a new container', load: () => import('./container/create.ts') },
  { paths: both('container', 'diff'), summary: "Inspect changes to files or directories on a container's filesystem", load: () => import('./container/diff.ts') },
  { paths: both('container', 'export'), summary: "Export a container's filesystem as a tar archive", load: () => import('./container/export.ts') },
  { paths: ['container inspect'], summary: 'Display detailed information on one or more containers', load: () => import('./container/inspect.ts') },
  { paths: both('container', 'kill'), summary: 'Kill one or more running containers', load: () => import('./container/kill.ts') },
  { paths: both('container', 'logs'), summary: 'Fetch the logs of a container', load: () => import('./container/logs.ts') },
  { paths: both('container', 'pause'), summary: 'Pause all processes within one or more containers', load: () => import('./container/pause.ts') },
  { paths: both('container', 'port'), summary: 'List port mappings or a specific mapping for the container', load: () => import('./container/port.ts') },
  { paths: ['container prune'], summary: 'Remove all stopped containers', load: () => import('./container/prune.ts') },
  { paths: both('container', 'rename'), summary: 'Rename a container', load: () => import('./container/rename.ts') },
  { paths: both('container', 'restart'), summary: 'Restart one or more containers', load: () => import('./container/restart.ts') },
  { paths: ['container rm', 'container remove', 'rm'], summary: 'Remove one or more containers', load: () => import('./container/rm.ts') },
  { paths: both('container', 'start'), summary: 'Start one or more stopped containers', load: () => import('./container/start.ts') },
  { paths: both('container', 'stats'), summary: 'Display a live stream of container(s) resource usage statistics', load: () => import('./container/stats.ts') },
  { paths: both('container', 'stop'), summary: 'Stop one or more running containers', load: () => import('./container/stop.ts') },
  { paths: both('container', 'top'), summary: 'Display the running processes of a container', load: () => import('./container/top.ts') },
  { paths: both('container', 'unpause'), summary: 'Unpause all processes within one or more containers', load: () => import('./container/unpause.ts') },
  { paths: both('container', 'update'), summary: 'Update configuration of one or more containers', load: () => import('./container/update.ts') },
  { paths: both('container', 'wait'), summary: 'Block until one or more containers stop, then print their exit codes', load: () => import('./container/wait.ts') },

  { paths: ['image ls', 'image list', 'images'], common: true, summary: 'List images', load: () => import('./image/ls.ts') },
  { paths: both('image', 'history'), summary: 'Show the history of an image', load: () => import('./image/history.ts') },
  { paths: both('image', 'import'), summary: 'Import the contents from a tarball to create a filesystem image', load: () => import('./image/import.ts') },
  { paths: ['image inspect'], summary: 'Display detailed information on one or more images', load: () => import('./image/inspect.ts') },
  { paths: both('image', 'load'), summary: 'Load an image from a tar archive or STDIN', load: () => import('./image/load.ts') },
  { paths: ['image prune'], summary: 'Remove unused images', load: () => import('./image/prune.ts') },
  { paths: both('image', 'pull'), common: true, summary: 'Download an image from a registry', load: () => import('./image/pull.ts') },
  { paths: both('image', 'push'), common: true, summary: 'Upload an image to a registry', load: () => import('./image/push.ts') },
  { paths: ['image rm', 'image remove', 'rmi'], summary: 'Remove one or more images', load: () => import('./image/rm.ts') },
  { paths: both('image', 'save'), summary: 'Save one or more images to a tar archive (streamed to STDOUT by default)', load: () => import('./image/save.ts') },
  { paths: both('image', 'tag'), summary: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE', load: () => import('./image/tag.ts') },

  { paths: ['builder prune'], summary: 'Remove build cache', load: () => import('./builder/prune.ts') },

  { paths: ['manifest annotate'], summary: 'Add additional information to a local image manifest', load: () => import('./manifest/annotate.ts') },
  { paths: ['manifest create'], summary: 'Create a local manifest list for annotating and pushing to a registry', load: () => import('./manifest/create.ts') },
  { paths: ['manifest inspect'], summary: 'Display an image manifest, or manifest list', load: () => import('./manifest/inspect.ts') },
  { paths: ['manifest push'], summary: 'Push a manifest list to a repository', load: () => import('./manifest/push.ts') },
  { paths: ['manifest rm'], summary: 'Delete one or more manifest lists from local storage', load: () => import('./manifest/rm.ts') },

  { paths: ['network connect'], summary: 'Connect a container to a network', load: () => import('./network/connect.ts') },
  { paths: ['network create'], summary: 'Create a network', load: () => import('./network/create.ts') },
  { paths: ['network disconnect'], summary: 'Disconnect a container from a network', load: () => import('./network/disconnect.ts') },
  { paths: ['network inspect'], summary: 'Display detailed information on one or more networks', load: () => import('./network/inspect.ts') },
  { paths: ['network ls', 'network list'], summary: 'List networks', load: () => import('./network/ls.ts') },
  { paths: ['network prune'], summary: 'Remove all unused networks', load: () => import('./network/prune.ts') },
  { paths: ['network rm', 'network remove'], summary: 'Remove one or more networks', load: () => import('./network/rm.ts') },

  { paths: ['plugin inspect'], summary: 'Display detailed information on one or more plugins', load: () => import('./plugin/inspect.ts') },
  { paths: ['plugin ls', 'plugin list'], summary: 'List plugins', load: () => import('./plugin/ls.ts') },

  { paths: ['volume create'], summary: 'Create a volume', load: () => import('./volume/create.ts') },
  { paths: ['volume clone'], summary: 'Make a new volume with the contents of another', load: () => import('./volume/clone.ts') },
  { paths: ['volume export'], summary: "Export a volume's contents as a tar archive", load: () => import('./volume/export.ts') },
  { paths: ['volume import'], summary: 'Make a volume from a tar archive', load: () => import('./volume/import.ts') },
  { paths: ['volume inspect'], summary: 'Display detailed information on one or more volumes', load: () => import('./volume/inspect.ts') },
  { paths: ['volume ls', 'volume list'], summary: 'List volumes', load: () => import('./volume/ls.ts') },
  { paths: ['volume prune'], summary: 'Remove unused local volumes', load: () => import('./volume/prune.ts') },
  { paths: ['volume rename'], summary: 'Give a volume that no container has another name', load: () => import('./volume/rename.ts') },
  { paths: ['volume rm', 'volume remove'], summary: 'Remove one or more volumes', load: () => import('./volume/rm.ts') },

  { paths: ['context create'], summary: 'Create a context', load: () => import('./context/create.ts') },
  { paths: ['context export'], summary: 'Export a context to a tar archive FILE or a tar stream on STDOUT', load: () => import('./context/export.ts') },
  { paths: ['context import'], summary: 'Import a context from a tar archive', load: () => import('./context/import.ts') },
  { paths: ['context inspect'], summary: 'Display detailed information on one or more contexts', load: () => import('./context/inspect.ts') },
  { paths: ['context ls', 'context list'], summary: 'List contexts', load: () => import('./context/ls.ts') },
  { paths: ['context rm', 'context remove'], summary: 'Remove one or more contexts', load: () => import('./context/rm.ts') },
  { paths: ['context show'], summary: 'Print the name of the current context', load: () => import('./context/show.ts') },
  { paths: ['context update'], summary: 'Update a context', load: () => import('./context/update.ts') },
  { paths: ['context use'], summary: 'Set the current context', load: () => import('./context/use.ts') },

  { paths: ['inspect'], summary: 'Return low-level information on Docker objects', load: () => import('./system/inspect.ts') },
  { paths: ['login'], common: true, summary: 'Authenticate to a registry', load: () => import('./registry/login.ts') },
  { paths: ['logout'], common: true, summary: 'Log out from a registry', load: () => import('./registry/logout.ts') },
  { paths: ['search'], common: true, summary: 'Search Docker Hub for images', load: () => import('./registry/search.ts') },
  { paths: ['version'], common: true, summary: 'Show the version information', load: () => import('./system/version.ts') },
  { paths: both('system', 'info'), common: true, summary: 'Display system-wide information', load: () => import('./system/info.ts') },
  { paths: ['system df'], summary: 'Show disk usage', load: () => import('./system/df.ts') },
  { paths: ['system dial-stdio'], hidden: true, summary: 'Proxy the stdio stream to the daemon connection', load: () => import('./system/dial-stdio.ts') },
  { paths: both('system', 'events'), summary: 'Get real time events from the server', load: () => import('./system/events.ts') },
  { paths: ['system prune'], summary: 'Remove unused data', load: () => import('./system/prune.ts') },
  { paths: ['completion'], summary: 'Write the completion script for a shell', load: () => import('./system/completion.ts') },
];

/** Commands that are rooms of their own: the launcher hands them over before the command line gets here. */
export const elsewhere: Readonly<Record<string, string>> = {
  daemon: 'Run the engine in the foreground',
  doctor: 'Check what this host offers and what it lacks',
  registry: 'Serve a registry for images',
  setup: 'Install what the engine needs on this host',
};

const swarm = "It is a part of Swarm, which this engine does not offer: it runs the containers of one host.";
const building = 'This version builds no images: import or load one, or commit a container.';
const plugins = 'Managed plugins are not supported by this engine.';

/** Commands of the docker client that are not here, and why. */
export const notOffered: Readonly<Record<string, string>> = {
  build: building, buildx: building, compose: 'docker-compose works with this engine when DOCKER_HOST names its socket.',
  checkpoint: 'Checkpoints of containers are not supported by this engine.', trust: "Content trust asks Docker's own notary service.",
  plugin: plugins, swarm, node: swarm, service: swarm, stack: swarm, secret: swarm, config: swarm,
};

/** `words` counts those that were understood. */
export type Found = { kind: 'command'; entry: Entry; words: number } | { kind: 'group' | 'nothing'; words: number };

/** Names are matched whole; abbreviations are not guessed. */
export function find(words: readonly string[]): Found {
  const [first = '', second] = words;
  if (Object.hasOwn(groups, first)) {
    const entry = second === undefined ? undefined : entries.find(({ paths }) => paths.includes(`${first} ${second}`));
    return entry === undefined ? { kind: 'group', words: 1 } : { kind: 'command', entry, words: 2 };
  }
  const entry = entries.find(({ paths }) => paths.includes(first));
  return entry === undefined ? { kind: 'nothing', words: 0 } : { kind: 'command', entry, words: 1 };
}
