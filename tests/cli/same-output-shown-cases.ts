import { lines, words } from './words.ts';

/** Command lines whose templates and sentences are docker's, for the engine of `same-output-cases.ts`. */
const table = `
ps -a --filter name=made --format raw
ps -a --filter name=nosuch --format "{{ json . }}"
ps --format "table "
ps --format "tablex"
ps --format "{{.Foo}}"
ps --format "{{.Label 1}}"
ps --format "{{.Names 1}}"
ps --format "{{index .Names 0}}"
ps --format "{{range .Names}}x{{end}}"
ps --format "{{js .Labels}} {{html .Ports}} {{urlquery .Ports}}"
ps -q --format raw
images --format raw
images --digests --format raw
images -q --format raw
images --digests --format "table {{.ID}}"
images --format "{{.Foo}}"
images --tree --no-trunc
images ls
network ls --format raw
network ls -q --format raw
network ls --format "{{.Foo}}"
network create --subnet x zz
network create --subnet 10.0.0.0/24 --ip-range 10.0.0.0 zz
network connect --driver-opt x back web
volume ls --format raw
volume ls -q --format raw
volume ls --format "{{.Foo}}"
volume ls --cluster
stats --no-stream --format "{{.Foo}}"
system df --format raw
system df -v --format "{{json .Volumes}}"
system df -v --format "{{json .Images}}"
system df -v --format "{{range .Containers}}{{.Names}} {{.Size}}{{end}}"
system df -v --format "{{.Foo}}"
system df --format "{{.Foo}}"
history --format "{{.Foo}}" gantry/busybox
info --format "{{.Foo}}"
info --format "{{.Driver.Foo}}"
info --format "{{range $k, $v := .Runtimes}}{{$k}}={{$v.Path}} {{end}}"
info --format "{{.GenericResources}} {{.Labels}} {{.DefaultAddressPools}} {{.Containerd}} {{.Swarm.LocalNodeState}}"
version --format "{{.Foo}}"
version --format "{{.Server.Foo}}"
version --format "{{.Client.Foo}}"
version --format "{{"
events --since 0 --until 1 --format "{{.Foo}}"
events --since 0 --until 1 --format "{{"
events --since 1h --until 0s -f network=back --format json
events --since 1h --until 0s -f network=back --format "{{.Status}} {{.From}} {{.ID}} {{.Scope}} {{.Actor.Attributes.name}}"
context ls --format "{{.Foo}}"
context inspect
context inspect -f "{{.Foo}}"
context show x
inspect -f "{{.ID}}" web
inspect -f "{{.HostConfig.RestartPolicy}} {{.HostConfig.LogConfig}}" web
inspect -f "{{.Mounts}} {{.HostConfig.PortBindings}} {{.Config.ExposedPorts}} {{.HostConfig.Ulimits}}" hh
inspect -f "{{.HostConfig.CPUShares}} {{.HostConfig.NanoCPUs}} {{.HostConfig.DNS}}" web
inspect -f "{{.State}}" done
inspect -f "{{.Config}}" done
inspect -f "{{.Config.Healthcheck.Test}} {{.Config.Healthcheck.Interval}}" hh
inspect -f "{{index .NetworkSettings.Ports \\"80/tcp\\"}}" web
inspect -f "{{.NetworkSettings.Networks.nope.IPAddress}}" web
inspect -f "{{.RootFS}} {{.Metadata.LastTagTime}} {{.GraphDriver}}" gantry/busybox
inspect -f "{{.IPAM.Config}} {{.ConfigFrom}}" back
network inspect -f "{{.ID}} {{.Created}}" back
volume inspect -f "{{.}}" data
inspect --type plugin web
inspect --type node web
inspect --type bogus web
inspect --type "" web
inspect -s data
inspect ""
stop ""
port web 81
port web x
attach done
attach pp
exec "" ls
exec pp ls
logs --since x made
logs --since 2020-13-45 made
run --cidfile /nonexist/x gantry/busybox true
run --isolation foo gantry/busybox
create --platform linux/arm64 gantry/busybox
create --platform a/b/c/d gantry/busybox
commit web UPPER
tag gantry/busybox b@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
save -o /tmp gantry/busybox
export -o /tmp web
--log-level foo ps
-H unix:///x ps
-c default ps
`;

export const shownCases: readonly string[][] = lines(table).map(words);
