import type { Context } from '../context.ts';
import { segment } from '../each.ts';

/** The part of GET /containers/{id}/json that the client itself acts on. */
export interface ContainerState {
  Id: string;
  Name: string;
  State: { Running: boolean; Paused: boolean; Restarting: boolean; ExitCode: number };
  Config: { Tty: boolean; OpenStdin: boolean };
  HostConfig: { AutoRemove: boolean };
  NetworkSettings?: { Ports?: Record<string, { HostIp: string; HostPort: string }[] | null> | null };
}

export function inspectContainer(context: Context, name: string): Promise<ContainerState> {
  return context.api.json<ContainerState>({ path: `/containers/${segment(name)}/json` });
}
