import { lines, words } from './words.ts';

/** Command lines by the words a shell would make of them. */
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
attach web
attach --no-stdin --sig-proxy=false --detach-keys ctrl-a web
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

export const otherCases: readonly string[][] = lines(others).map(words);
