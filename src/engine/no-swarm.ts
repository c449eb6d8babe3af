/** What a node that is in no swarm says, in Docker's words. */
export const noSwarm = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
