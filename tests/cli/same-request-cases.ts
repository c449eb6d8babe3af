import { lines, words } from './words.ts';

/** Command lines by the words a shell would make of them. */
const create = `
busybox
busybox echo -n --not-a-flag
-it busybox sh
-i busybox cat
-a stdout busybox
-a stdin -a STDERR busybox
-t --interactive=false busybox
--name web busybox
-e A=1 -e SET_HERE -e ABSENT_HERE --env=B=2 busybox
-eA=1 busybox
--env-file env -e A=9 busybox
--label a=1 -l b busybox
--label-file labels --label z=3 busybox
-p 80 busybox
-p 8080:80 busybox
-p 127.0.0.1:8080:80/udp busybox
-p 127.0.0.1::80 busybox
-p 8000-8002:9000-9002 busybox
-p 8000-8010:80 busybox
-p [::1]:80:80 busybox
-p 80:80 -p 81:80 busybox
-p 80/sctp -P busybox
-p target=80,published=8080,protocol=udp busybox
-p abc busybox
-p 99999:80 busybox
-p 80-82:90-91 busybox
-p 1.2.3.999:80:80 busybox
-p 80/xyz busybox
--expose 80 --expose 90-92/udp busybox
--expose 80:80 busybox
-v /a:/b busybox
-v /a:/b:ro,z busybox
-v data:/b busybox
-v /anon busybox
-v .:/here busybox
-v ./sub:/here:ro busybox
--mount type=bind,source=/a,target=/b,readonly busybox
--mount type=volume,src=v,dst=/d,volume-nocopy,volume-label=a=b,volume-driver=local,volume-opt=type=tmpfs busybox
--mount type=tmpfs,destination=/t,tmpfs-size=64m,tmpfs-mode=1770 busybox
--mount type=bind,src=/a,dst=/b,bind-propagation=rshared,bind-recursive=disabled busybox
--mount type=bind,src=/a,dst=/b,ro,bind-propagation=rprivate,bind-recursive=readonly busybox
--mount type=volume,src=v,dst=/d,volume-subpath=x busybox
--mount dst=/d busybox
--mount type=bind,src=/a busybox
--mount type=bind,nonsense=1,dst=/a busybox
--mount type=bind,dst=/a,tmpfs-size=1 busybox
--mount type=bind,src=/a,dst=/b,readonly=maybe busybox
--mount type=image,src=alpine,dst=/i busybox
--tmpfs /run --tmpfs /x:size=1m,mode=700 busybox
--network host busybox
--network none busybox
--network back --network-alias db --ip 10.0.0.5 busybox
--network back --ip6 2001:db8::5 --link-local-ip 169.254.1.1 busybox
--network name=back,alias=a,alias=b,ip=10.0.0.9,driver-opt=x=y --network name=front,gw-priority=5 busybox
--network back,mac-address=x busybox
--net container:web busybox
--mac-address 92:d0:c6:0a:29:33 busybox
--mac-address nonsense busybox
--link db:database --link cache busybox
--dns 1.1.1.1 --dns-search example.com --dns-option ndots:2 busybox
--dns nonsense busybox
--dns-search . busybox
--add-host a:1.2.3.4 --add-host b=host-gateway --add-host c:[::1] busybox
--add-host nonsense busybox
--hostname h --domainname d -u 1000:1000 -w /w busybox
--entrypoint /bin/sh busybox -c true
--entrypoint= busybox
-m 512m --memory-swap -1 --memory-reservation 256M --memory-swappiness 10 busybox
-m 1.5g --shm-size 64kb busybox
-m 1x busybox
--memory-swappiness 101 busybox
--cpus 1.5 busybox
--cpus 0.1 busybox
--cpus 1/4 busybox
--cpus 1e-10 busybox
-c 512 --cpu-period 50000 --cpu-quota 25000 --cpuset-cpus 0-1 --cpuset-mems 0 busybox
--cpu-rt-period 100 --cpu-rt-runtime 50 busybox
-c 0x10 busybox
-c abc busybox
--pids-limit 100 busybox
--pids-limit -1 busybox
--blkio-weight 300 --blkio-weight-device /dev/sda:200 busybox
--blkio-weight 70000 busybox
--blkio-weight-device /dev/sda:5 busybox
--blkio-weight-device sda busybox
--device-read-bps /dev/sda:1mb --device-write-bps /dev/sda:2m --device-read-iops /dev/sda:10 --device-write-iops /dev/sda:20 busybox
--device-read-bps /dev/sda:abc busybox
--device-read-iops /dev/sda:-1 busybox
--device /dev/fuse busybox
--device /dev/a:/dev/b:rw busybox
--device /dev/a:r busybox
--device vendor.com/class=name busybox
--device-cgroup-rule "c 1:3 rwm" busybox
--device-cgroup-rule nonsense busybox
--gpus all busybox
--gpus 2 busybox
--gpus device=0 busybox
--gpus "\\"device=0,1\\",driver=nvidia,capabilities=compute" busybox
--gpus nonsense=1 busybox
--cap-add NET_ADMIN --cap-drop ALL --privileged busybox
--security-opt no-new-privileges --security-opt label=disable busybox
--security-opt seccomp=unconfined busybox
--security-opt seccomp=seccomp.json busybox
--security-opt seccomp=absent.json busybox
--security-opt systempaths=unconfined busybox
--security-opt nonsense busybox
--ulimit nofile=1024:2048 --ulimit core=-1 busybox
--ulimit nofile=2048:1024 busybox
--ulimit nonsense=1 busybox
--ulimit nofile busybox
--sysctl net.ipv4.ip_forward=1 --sysctl kernel.shmmax busybox
--annotation a=b busybox
--restart always busybox
--restart on-failure:5 busybox
--restart unless-stopped busybox
--restart on-failure:x busybox
--restart :3 busybox
--rm busybox
--rm --restart always busybox
--rm --restart no busybox
--init busybox
--init=false busybox
--read-only --oom-kill-disable --oom-score-adj -500 busybox
--pid host --uts host --ipc host --userns host --cgroupns private busybox
--pid container:a busybox
--pid nonsense busybox
--uts nonsense busybox
--userns nonsense busybox
--cgroupns nonsense busybox
--ipc container:a busybox
--cgroup-parent /x --runtime runc busybox
--group-add 10 --group-add audio busybox
--volumes-from a:ro --volumes-from b --volume-driver local busybox
--storage-opt size=1G busybox
--storage-opt nonsense busybox
--log-driver json-file --log-opt max-size=1m --log-opt tag busybox
--log-driver none --log-opt a=b busybox
--health-cmd true --health-interval 5s --health-timeout 1m30s --health-retries 3 --health-start-period 500ms --health-start-interval 1s busybox
--no-healthcheck busybox
--no-healthcheck --health-cmd true busybox
--health-interval -1s busybox
--health-interval 5 busybox
--health-interval 5x busybox
--stop-signal SIGINT --stop-timeout 3 busybox
--stop-timeout -1 busybox
--platform linux/arm64 busybox
--pull never busybox
--pull sometimes busybox
--env-file absent busybox
--label "" busybox
-e = busybox
-e =x busybox
-a nonsense busybox
--isolation default busybox
--foo busybox
-xyz busybox
--name
-it=3 busybox
--=x
--init=maybe busybox
`;

const others = `
ps
ps -a
ps -n 3
ps -l
ps -aq --filter name=x --filter name=y --filter status=running
ps -s
ps --filter nonsense
container ls --no-trunc
images
images -a
images busybox
images --filter dangling=true
start web
start a b
stop web
stop -t 3 -s INT web
restart -t 0 web
kill web
kill -s HUP web
pause web
unpause web
rm web
rm -fv web
rename a b
wait web
tag a b
tag a reg:5000/b:c
rmi -f a
rmi --no-prune a b
update -m 1g --memory-swap 2g web
update --cpus 0.5 --pids-limit 10 --restart always web
update web
commit web
commit -a me -m note -c "CMD x" --pause=false web me/x:1
network create back
network create --subnet 10.1.0.0/16 --gateway 10.1.0.1 --ip-range 10.1.2.0/24 --aux-address a=10.1.0.9 back
network create --internal --attachable -d macvlan -o parent=eth0 --label a=b --ipv6 back
network create --gateway 10.0.0.1 back
network create --subnet 10.0.0.0/24 --gateway 11.0.0.1 back
network create --subnet 10.0.0.0/24 --subnet 10.0.0.0/25 back
network create --ipv4=false --ipam-driver x --ipam-opt a=b --scope local back
network connect back web
network connect --alias a --ip 10.0.0.2 --link x:y --driver-opt a=b back web
network disconnect -f back web
network rm back
network rm -f back
network ls
network ls --filter driver=bridge
network prune -f
volume create data
volume create
volume create -d local -o type=tmpfs --label a=b data
volume rm data
volume rm -f data
volume ls -f dangling=true
volume prune -f
volume prune -af
container prune -f --filter until=24h
image prune -f
image prune -af
ps extra
stop
tag a
foo
create --cidfile . busybox
run --cidfile . busybox
container foo
run
stop --time 3 web
run -d busybox
run -d --name x -p 80:80 --pull never busybox sh -c "a b"
run -d --sig-proxy=false --detach-keys ctrl-a busybox
run -d --rm --init --network host busybox
run busybox
run -a stdout busybox
run --rm busybox true
run -d --platform linux/amd64 busybox
exec web ls -l
exec -d web ls
exec -i web cat
exec -d -e A=1 -e SET_HERE --env-file env -u 1:2 -w /w --privileged web sh -c "a b"
exec -d --detach-keys ctrl-a web ls
exec -d -t web ls
exec web
exec -e "" web ls
exec --env-file absent web ls
exec -x web ls
start -a web
start -ai web
start --detach-keys ctrl-a web
start -a a b
attach a b
logs web
logs -f -t --tail 10 web
logs --since 2020-01-01 --until 2020-01-02T03:04:05Z web
logs --since 1577836800.5 -n all web
logs --details web
logs --tail x web
logs a b
top web
top web -o pid
top web aux
port web
port web 80
port web 80/udp
diff web
export web
export -o /nonexistent/x web
restart -s INT -t 5 a b
stop -s 9 --timeout -1 web
kill --signal 0 web
kill a b
pause a b
unpause a b
rm a b
rm -f --volumes a b
wait a b
rename a
rename "" b
rename a ""
inspect web
inspect -s web
inspect --type container web
inspect --type image a
inspect --type network back
inspect --type volume data
inspect --type plugin x
inspect --type node x
container inspect -s web
image inspect a:1
image inspect --platform linux/arm64 a
network inspect back
network inspect -v back
volume inspect data
stats --no-stream web
cp web:/a -
cp web:a/b -
cp -L web:/a -
cp - web:/b
cp -a - web:/b
cp a b
cp web:/a other:/b
cp /nonexistent web:/x
cp web:/x
cp "" web:/x
container ls -f status=exited -f exited=1
ps --no-trunc -f label=a=b -f label=c
ps -f name=a -f name=b -f network=x -f volume=/v -f publish=80/tcp -f expose=81 -f ancestor=i -f before=x -f since=y -f health=none -f is-task=true -f isolation=default
ps -n 0
ps -n -2
ps -n 3 -l
ps --size=false --format "{{.Size}}"
ps --format "{{.Size}}"
ps -q --format "{{.Size}}"
ps --format json
ps --format "{{json .}}"
update --cpu-shares 5 --cpu-period 50000 --cpu-quota 20000 --cpu-rt-period 1 --cpu-rt-runtime 2 --cpuset-cpus 0 --cpuset-mems 0 --blkio-weight 20 --memory-reservation 1m a b
update --restart on-failure:3 web
update --restart x web
update --memory-swap -1 web
update -m x web
update --pids-limit -1 web
update --kernel-memory 1m web
commit -p=false web
commit -c "ENV A=1" -c "CMD [\\"a\\"]" web x
commit web UPPER
commit a b c
container prune -f
container prune -f --filter label=x --filter label!=y
image ls -f reference=a* -f before=x
images --digests
images --no-trunc -q
images --format "{{.Digest}}"
images --tree
images ls
image prune -f --filter until=24h
image prune -f --filter dangling=false
history a
history --platform linux/arm64 a
history -q --no-trunc a
rmi a b
rmi --platform linux/arm64 --platform linux/amd64 a
image rm -f a@sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee
save -o image.tar a
save a b:1
save --platform linux/arm64 a
load -i env
load -q -i env
load --platform linux/arm64 -i env
load --platform x/y/z/w -i env
import env
import env a:1
import -m note -c "CMD x" --platform linux/arm64 env a
import http://example.invalid/x a
import - a
pull a
pull a:1
pull -q a
pull -a a
pull --platform linux/arm64 a
pull a@sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee
push a
push -q a:1
push -a a
push --platform linux/arm64 a
push reg:5000/a
tag a a:1
tag a@sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee b
tag a b@sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee
network create --config-only --subnet 10.0.0.0/24 back
network create --config-from x back
network create --ingress -d overlay back
network create --subnet 2001:db8::/64 --gateway 2001:db8::1 --ipv6 back
network create --subnet 10.0.0.0/24 --subnet 10.0.1.0/24 --gateway 10.0.1.1 back
network create --ip-range 10.0.0.0/25 back
network create --subnet x back
network create --aux-address x back
network create -d bridge --opt a=b -o c back
network create --label a --label b=c back
network connect --ip x back web
network connect --ip6 2001:db8::2 --link-local-ip 169.254.1.2 --gw-priority 3 back web
network connect --driver-opt x back web
network rm a b
network prune
network prune -f --filter until=1h --filter label=x
network ls --no-trunc -q
network ls -f driver=bridge -f driver=host -f name=x -f id=y -f type=custom -f scope=local -f label=z -f dangling=true
volume create --label a --label b=c --opt size=1m data
volume create --name data
volume create --name a b
volume create --opt x data
volume create a b
volume ls -q
volume ls -f driver=x -f label=a -f name=y
volume rm a b
volume rm -f a b
volume prune --filter label=x -f
volume prune --filter all=true -f
volume prune -a --filter all=1 -f
system df
system df -v
system info
info
version
events --since 1 --until 2 -f type=container -f event=die
events --since 2020-01-01T00:00:00 --until 2020-01-02
events --filter x
system prune -f
system prune -af
system prune --volumes -f
system prune -f --filter label=a --filter until=1h
builder prune -f
builder prune -af --filter until=1h --keep-storage 1g
search --filter stars=3 --limit 5 x
search -f is-official=true --no-trunc x
`;

export const sameRequestCases: readonly string[][] = [
  ...lines(create).map((line) => ['create', ...words(line)]),
  ...lines(others).map(words),
];
