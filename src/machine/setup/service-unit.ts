/** Where an administrator's own units lie; a package would use /usr/lib/systemd/system. */
export const servicePath = '/etc/systemd/system/gantry.service';

/**
 * The systemd unit of the daemon. Containers and their monitor are in control groups of their own and the resolver stays in the service's: whatever
 * ends the daemon ends nothing else, and the next one takes over. Nothing of a container may be limited by the service's own limits.
 * @param launcher absolute path of `gantry`
 */
export function serviceUnit(launcher: string): string {
  return `[Unit]
Description=Gantry container engine
After=network-online.target nftables.service firewalld.service
Wants=network-online.target
StartLimitBurst=5
StartLimitIntervalSec=60

[Service]
Type=notify
ExecStart=${quoted(launcher)} daemon
ExecReload=/bin/kill -s HUP $MAINPID
Restart=always
RestartSec=1
KillMode=process
Delegate=yes
TimeoutStartSec=infinity
LimitNOFILE=infinity
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
OOMScoreAdjust=-500

[Install]
WantedBy=multi-user.target
`;
}

/** One word of a command line in a unit. Source: systemd.service(5), "Command lines". */
function quoted(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
}
