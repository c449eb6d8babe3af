import { shownCases } from './same-output-shown-cases.ts';
import { lines, words } from './words.ts';

/**
 * Command lines that change nothing: wrong usage, what the engine refuses, templates, filters, prompts answered with no. The engine has the image gantry/busybox, a
 * running container `web`, a created one `made`, one that ended with 3, `done`, a healthy one, `hh`, a paused one, `pp`, the network `back` and the volume `data`.
 */
const table = `
foo
ps --foo
ps -Z
ps -aZ
ps extra
ps --last abc
ps --last
ps -n
ps --all=maybe
ps --filter
ps --filter nonsense
ps --filter nonsense=1
ps --filter status=bogus
ps --filter =x
container foo
container --foo
container -x
image foo bar
network foo
system foo
context foo
help foo
help container foo
ps help
pss
contianer
imges
rnu
inspekt
network lss
run
run --foo busybox
run -Z busybox
run -m 1x busybox
run -m busybox
run --cpus abc busybox
run -p 99999 busybox
run -p abc:80 busybox
run -p 80:99999 busybox
run -p 1.2.3:80:80 busybox
run -p 8000-7000:80 busybox
run -e "" busybox
run -e =x busybox
run --mount type=foo busybox
run --mount foo busybox
run --mount "" busybox
run --mount type=bind busybox
run --mount type=bind,source=/a busybox
run --mount type=bind,source=a,target=/b busybox
run --mount type=volume,src=x,target=b busybox
run --mount type=tmpfs,target=/a,tmpfs-size=x busybox
run --mount type=tmpfs,target=/a,tmpfs-mode=9 busybox
run --mount type=volume,volume-nocopy=x,target=/a busybox
run --mount type=bind,src=/x,target=/a,bind-nonrecursive=maybe busybox
run --ulimit x busybox
run --ulimit nofile=x busybox
run --ulimit nofile=1:2:3 busybox
run --ulimit nofile= busybox
run --restart foo busybox
run --restart always --rm busybox
run --health-interval abc busybox
run --health-interval -1s busybox
run --health-interval 1us busybox
run --health-retries x busybox
run --health-retries -1 busybox
run --health-timeout 5 busybox
run --stop-timeout x busybox
run --stop-signal FOO gantry/busybox
run --pids-limit x busybox
run --shm-size x busybox
run --shm-size -1 busybox
run --memory-swappiness 200 busybox
run --memory-swap x busybox
run --oom-score-adj x busybox
run --oom-score-adj 2000 gantry/busybox
run --blkio-weight 5 gantry/busybox
run --blkio-weight x busybox
run --ip x busybox
run --ip6 x busybox
run --dns x busybox
run --add-host x busybox
run --add-host x:y busybox
run --mac-address x busybox
run --link-local-ip x busybox
run --network "" busybox
run --pid foo busybox
run --ipc foo gantry/busybox
run --uts foo busybox
run --userns foo busybox
run --cgroupns foo busybox
run --device "" busybox
run --device /dev/x:y:foo busybox
run --device /dev/null:/dev/x:foo gantry/busybox
run --device-cgroup-rule foo busybox
run --device-read-bps foo busybox
run --gpus x=y busybox
run --gpus "" busybox
run --security-opt foo busybox
run --security-opt seccomp=/nonexist busybox
run --sysctl foo gantry/busybox
run --storage-opt foo busybox
run --log-opt foo busybox
run --log-driver foo gantry/busybox
run --log-driver none --log-opt a=b busybox
run --tmpfs foo gantry/busybox
run -v foo:bar gantry/busybox
run -v /a:/b:/c:/d busybox
run -v /a:b gantry/busybox
run -v /a:/b:foo gantry/busybox
run -w foo gantry/busybox
run -u nobodyx gantry/busybox
run --name "" gantry/busybox
run --name "a b" gantry/busybox
run --name web gantry/busybox
run --hostname "a b" gantry/busybox
run --expose x busybox
run --platform bogus gantry/busybox
run --platform linux/a+b gantry/busybox
run --add-host a:bad gantry/busybox
run --network-alias x gantry/busybox
run --network bridge --network-alias x gantry/busybox
create --platform bogus gantry/busybox
image inspect --platform bogus gantry/busybox
history --platform bogus gantry/busybox
save --platform bogus gantry/busybox
load --platform bogus
rmi --platform bogus gantry/busybox
stop --timeout 3 --time 4 nosuch
restart --time 1 nosuch
network rm
context create cx --docker host=bad
-H bad:// ps
exec -u nosuch web true
plugin ls
plugin ls --format "{{.Name}}"
plugin inspect nosuch
run --attach foo busybox
run -d -a stdout busybox
run --pull foo busybox
run --pull never nosuchimage
run --platform foo/bar gantry/busybox
run --runtime foo gantry/busybox
run --cap-add FOO gantry/busybox
run --group-add nosuchgroup gantry/busybox
run --env-file /nonexist busybox
run --label-file /nonexist busybox
run -it gantry/busybox true
run gantry/busybox nosuchcmd
run gantry/busybox /etc
run "" 
run UPPER
run a:b:c
run a@sha256:123
run -e
run --volumes-from nosuch:foo gantry/busybox
run --network container:nosuch gantry/busybox
run --link nosuch:x gantry/busybox
run --cpuset-cpus x gantry/busybox
run --cpuset-cpus 77 gantry/busybox
run -m 1k gantry/busybox
run --cpus 1000 gantry/busybox
run --cpus -1 gantry/busybox
run --cpu-shares x busybox
run --cpu-period 5 gantry/busybox
run --kernel-memory 1m gantry/busybox
run --no-healthcheck --health-cmd x busybox
ps -q --format "{{.Names}}"
ps -q --format table
ps -q --format "table {{.Names}}"
ps -a --no-trunc --format "{{.ID}} {{.Names}} {{.Image}} {{.Command}} {{.Mounts}} {{.Networks}} {{.LocalVolumes}}"
ps --format "table {{.Names}}\\t{{.Label \\"a\\"}}\\t{{.Label \\"com.x.y_z\\"}}"
ps --format "{{upper .Names}} {{lower .ID}} {{title .Names}} {{pad .Names 2 3}}| {{truncate .ID 4}} {{join (split .Image \\"/\\") \\"+\\"}} {{println .Names}}x"
ps --format "{{range split .Image \\"/\\"}}[{{.}}]{{end}}"
ps --format "{{range $i, $e := split .Image \\"/\\"}}{{$i}}={{$e}};{{else}}none{{end}}"
ps --format "{{with .Names}}<{{.}}>{{else}}no{{end}}"
ps --format "{{with $x := .Names}}{{$x}}{{end}}"
ps --format "{{if eq .Names \\"web\\"}}W{{else if eq .Names \\"pp\\"}}P{{else}}O{{end}}"
ps --format "{{define \\"T\\"}}<{{.}}>{{end}}{{template \\"T\\" .Names}}"
ps --format "{{printf \\"%-10s|%5d|%q|%v|%x\\" .Names 5 .ID .Image .Names}}"
ps --format "{{/* comment */}}{{.Names}}"
ps --format "{{- .Names -}}  x"
ps --format "{{.Names | upper | printf \\"%s!\\"}}"
ps --format "{{block \\"x\\" .}}{{.Names}}{{end}}"
ps --format "{{html \\"<a>\\"}} {{js \\"a'b\\"}} {{urlquery \\"a b\\"}} {{print 1 2 \\"x\\"}}"
ps --format "{{split .Image \\"/\\"}}"
ps --format "{{json .Names}} {{json .Labels}}"
ps --format "x"
ps --format "TABLE {{.ID}}"
ps -a --filter status=exited --format "{{.Names}}"
ps -a --filter name=web --filter label=a=b --format "{{.Names}}"
ps -a --filter exited=3 --format "{{.Names}}"
ps -a --filter exited=x
ps -a --filter ancestor=gantry/busybox --format "{{.Names}}"
ps -a --filter before=web --format "{{.Names}}"
ps -a --filter since=web --format "{{.Names}}"
ps -a --filter since=nosuch
ps -a --filter volume=data --format "{{.Names}}"
ps -a --filter network=back --format "{{.Names}}"
ps -a --filter publish=x
ps -a --filter health=healthy --format "{{.Names}}"
ps -a --filter health=x
ps -a --filter is-task=false --format "{{.Names}}"
network ls
network ls -q
network ls --no-trunc
network ls --format json
network ls --format "{{.ID}} {{.Name}} {{.Driver}} {{.Scope}} {{.IPv4}} {{.IPv6}} {{.Internal}} {{.Labels}} {{.CreatedAt}}"
network ls --format "table {{.ID}}\\t{{.Name}}\\t{{.Driver}}\\t{{.Scope}}\\t{{.IPv4}}\\t{{.IPv6}}\\t{{.Internal}}\\t{{.Labels}}\\t{{.CreatedAt}}"
network ls --filter driver=bridge --format "{{.Name}}"
network ls --filter nonsense=1
network ls --filter type=custom
network ls --filter type=x
network inspect back
network inspect nosuch
network inspect nosuch back
network inspect -f "{{.Name}} {{.Foo}}" back
network inspect -f "{{json .IPAM}}" back
network inspect -v back
network inspect
network rm -f nosuch
network create
network create a b
network create bridge
network create back
network create --gateway foo x
network create --gateway 1.2.3.4 x
network connect
network connect back
network connect nosuch web
network connect back nosuch
network disconnect nosuch web
network disconnect back nosuch
volume ls
volume ls -q
volume ls --format json
volume ls --format "{{.Name}} {{.Driver}} {{.Scope}} {{.Mountpoint}} {{.Labels}} {{.Links}} {{.Size}} {{.Group}} {{.Status}} {{.Availability}}"
volume ls --format "table {{.Name}}\\t{{.Driver}}\\t{{.Scope}}\\t{{.Mountpoint}}\\t{{.Labels}}\\t{{.Links}}\\t{{.Size}}\\t{{.Group}}\\t{{.Status}}\\t{{.Availability}}"
volume ls --filter dangling=true
volume ls --filter dangling=x
volume ls --filter nonsense=1
volume ls --filter label=q
volume ls --filter name=da
volume inspect
volume inspect data
volume inspect nosuch data
volume inspect -f "{{.Name}}" data
volume rm
volume rm nosuch
volume rm -f nosuch
volume rm data
volume create --name foo foo
volume create "a b"
volume prune
volume prune --filter x
volume prune --filter nonsense=1 -f
volume prune -a --filter all=1
inspect
inspect nosuch
inspect web nosuch data
inspect --type volume web
inspect --type container data
inspect --type network back
inspect --type image gantry/busybox
inspect web
inspect data
inspect back
inspect gantry/busybox
inspect -s web --format "{{.SizeRw}} {{.SizeRootFs}}"
inspect --format "{{.Name}} {{.State.Running}} {{.State.ExitCode}} {{.Config.Env}} {{.HostConfig.Memory}}" web
inspect --format "{{.Foo}}" web
inspect --format "{{.Config.Foo}}" web
inspect --format "{{.State.Status.Foo}}" web
inspect --format "{{foo}}" web
inspect --format "{{json .State}}" web
inspect --format json web
inspect --format "{{json .}}" web
inspect --format "{{.NetworkSettings.Networks}}" back
inspect --format "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}" web
inspect --format "{{range $k, $v := .NetworkSettings.Ports}}{{$k}}={{(index $v 0).HostPort}} {{end}}" web
inspect --format "{{index .Config.Labels \\"a\\"}} {{index .Config.Labels \\"zz\\"}}|" web
inspect --format "{{.Created}}" web
inspect --format "{{.Config.Cmd}} {{.Args}} {{.Path}} {{len .Mounts}}" web
inspect --format "{{println .Config.Cmd}}" web
inspect --format "{{.HostConfig.NanoCpus}} {{.HostConfig.ShmSize}} {{.HostConfig.RestartPolicy}} {{.HostConfig.PortBindings}}" web
inspect --format "{{.GraphDriver.Data}}" web
inspect --format "{{.State.Health}}" web
inspect --format "{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}" hh
inspect --format "{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}" web
inspect -f "{{.RepoTags}} {{.Size}} {{.Architecture}} {{.Config.Cmd}} {{.RootFS.Layers}} {{.Id}}" gantry/busybox
inspect -f "{{.Mountpoint}} {{.Labels}} {{.Options}}" data
inspect -f "{{(index .IPAM.Config 0).Subnet}}" back
inspect -f "{{range $id, $c := .Containers}}{{$c.Name}}{{end}}" back
container inspect
container inspect nosuch
container inspect web -s -f "{{.SizeRw}}"
image inspect nosuch
image inspect
image inspect --platform linux/amd64 gantry/busybox -f "{{.Id}}"
image inspect --platform linux/arm64 gantry/busybox
image inspect --platform x/y/z/w gantry/busybox
history nosuch
history
history a b
tag
tag a
tag nosuch b
tag gantry/busybox UPPER
tag gantry/busybox a:b:c
tag gantry/busybox ""
rmi
rmi nosuch
rmi UPPER
rmi -f nosuch
rmi nosuch1 nosuch2
rmi --platform x/y/z/w reg:5000/a/b:c
save
save nosuch
save -o /nonexist/x gantry/busybox
save --platform x/y/z/w gantry/busybox
load -i /nonexist
load x
load -i /etc/hostname
import
import /nonexist
import /etc/hostname UPPER
pull
pull UPPER
pull a b
pull -a gantry/busybox:latest
pull --platform x/y/z/w a
push
push UPPER
push -a gantry/busybox:latest
push a b
image prune
image prune --filter until=x -f
image prune --filter nonsense=1 -f
image prune x
container prune
container prune --filter until=x -f
container prune --filter nonsense=1 -f
system prune
system prune -a
system prune --volumes
system prune -a --volumes
system prune --volumes --filter until=1h
system prune --filter label=x
system prune --filter nonsense=1 -f
system info x
info --format "{{json .Plugins}}"
info --format "{{.ID"
version --format "{{.Server.Version}} {{.Server.APIVersion}} {{.Server.Os}}/{{.Server.Arch}} {{.Server.KernelVersion}} {{.Server.GitCommit}} {{.Server.BuildTime}} {{.Server.Experimental}} {{.Server.MinAPIVersion}} {{.Server.GoVersion}}"
version --format "{{range .Server.Components}}{{.Name}} {{.Version}} {{end}}"
version x
images
images -a
images -q
images -q --no-trunc
images --no-trunc
images --format "{{json .Tag}} {{json .Size}} {{json .CreatedAt}}"
images --format "table {{.ID}}\\t{{.Repository}}\\t{{.Tag}}\\t{{.Digest}}\\t{{.CreatedSince}}\\t{{.CreatedAt}}\\t{{.Size}}\\t{{.SharedSize}}"
images --format "{{.ID"
images --filter reference=gantry/*
images --filter dangling=maybe
images --filter nonsense=1
images gantry/busybox
images nosuch
images --tree -q
history gantry/busybox
history -q gantry/busybox
history --no-trunc gantry/busybox
history -H=false gantry/busybox
history --format json gantry/busybox
history --format "{{.ID}} {{.CreatedSince}} {{.CreatedAt}} {{.CreatedBy}} {{.Size}} {{.Comment}}" gantry/busybox
history --format "table {{.ID}}: {{.CreatedSince}}" gantry/busybox
history --platform linux/arm64 gantry/busybox
history --platform x/y/z/w gantry/busybox
ps --format "{{.Foo"
ps --format "{{foo .ID}}"
ps --format "{{if}}"
ps --format "{{end}}"
ps --format "{{$nope}}"
help no such topic
volume prune -a
system prune --filter label=x --filter until=3h
`;

export const sameOutputCases: readonly string[][] = [...lines(table).map(words), ...shownCases];