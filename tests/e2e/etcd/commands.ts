// What etcdctl is asked to do, in order. A line is a name, a colon and the
// arguments of etcdctl; `$NAME` is a value that an earlier line's output gave
// (`=> NAME regexp`), `@N` speaks to the N-th endpoint alone, `< text` is what
// it reads (`\n` for line ends), `for N s` ends it after so long.

/** The lines; empty ones and those that begin with `#` count for nothing. */
export const COMMANDS = String.raw`
# Keys and values.
put: put /a/1 one
put again: put /a/1 uno --prev-kv
put more: put /a/2 two
put json: put /b/1 three -w json
put hex: put /b/2 four -w fields
put empty value: put /empty ""
put from input: put /input < from input
put ignore value, no key: put /nowhere --ignore-value
put ignore lease: put /a/1 eins --ignore-lease
put ignore value: put /a/1 --ignore-value
put unknown lease: put /a/9 x --lease=123456
put no key: put "" x
get: get /a/1
get json: get /a/1 -w json
get fields: get /a/1 -w fields
get hex: get /a/1 --hex
get prefix: get /a --prefix
get prefix json: get /a --prefix -w json
get range: get /a/1 /b/1
get from key: get /b --from-key
get all: get "" --prefix --keys-only
get count: get /a --prefix --count-only -w fields
get limit: get /a --prefix --limit=1 -w json
get descending: get /a --prefix --order=DESCEND
get by version: get "" --prefix --sort-by=VERSION --order=DESCEND --keys-only
get by create: get "" --prefix --sort-by=CREATE --order=DESCEND --keys-only
get by modify: get "" --prefix --sort-by=MODIFY --order=ASCEND --keys-only
get by value: get "" --prefix --sort-by=VALUE --print-value-only
get value only: get /a/2 --print-value-only
get old: get /a/1 --rev=2
get older than anything: get /a/1 --rev=1
get the future: get /a/1 --rev=9999
get serializable: get /a/1 --consistency=s
get max-create-rev: get "" --prefix --max-create-rev=4 --keys-only
get min-mod-rev: get "" --prefix --min-mod-rev=5 --keys-only
get nothing: get /nothing
get nothing json: get /nothing -w json
del: del /empty
del none: del /nothing
del prev: del /b/2 --prev-kv
del json: del /input -w json
del range: del /x /z
put for watch: put /w/1 v1
put for watch again: put /w/1 v2
del for watch: del /w/1
txn true: txn < mod("/a/1") > "0"\n\nput /t/1 "yes"\nget /a/1\n\nput /t/1 "no"\n\n
txn false: txn < value("/a/1") = "other"\n\nput /t/2 "yes"\n\nput /t/2 "no"\nget /t/2\n\n
txn version: txn < ver("/t/2") = "1"\ncreate("/none") = "0"\n\ndel /t/2\nget /t --prefix\n\n\n\n
txn json: txn -w json < mod("/none") = "0"\n\nput /t/3 "x"\nput /t/4 "y"\ndel /t/9\n\n\n
txn twice: txn < mod("/a/1") > "0"\n\nput /t/1 "a"\nput /t/1 "b"\n\n\n\n
txn put and del: txn < mod("/a/1") > "0"\n\nput /t/1 "a"\ndel /t --prefix\n\n\n\n
watch history: watch /w/1 --rev=2 for 2 s
watch with values before: watch /w --prefix --rev=2 --prev-kv for 2 s
watch json: watch /w/1 --rev=2 -w json for 2 s
watch fields: watch /t --prefix --rev=2 -w fields for 2 s
watch with a revision below 0: watch /w/1 --rev=-2 for 2 s
watch the smallest key: watch "" for 2 s
watch an empty range: watch /w /a for 2 s
watch progress: watch -i for 3 s < watch /t/9\nwatch /t/8\nprogress\ncancel 0\n
txn del twice: txn < \ndel /t/9\ndel /t --prefix\n\n\n
watch interactively: watch -i for 2 s < watch /t/9\nprogress\n
# History: before there are leases, whose ids would be part of it.
endpoint hashkv: endpoint hashkv
endpoint hashkv json: endpoint hashkv -w json
endpoint hashkv at: endpoint hashkv --rev=5
compaction: compaction 6
compaction again: compaction 6
compaction of the future: compaction 9999
get compacted: get /a/1 --rev=3
get at compaction: get /a --prefix --rev=6
watch compacted: watch /a/1 --rev=3 for 3 s
endpoint hashkv after compaction: endpoint hashkv
watch at compaction: watch /a --prefix --rev=6 --prev-kv -w json for 2 s
watch compacted json: watch /a/1 --rev=3 -w json for 2 s
endpoint hashkv compacted: @1 endpoint hashkv --rev=4
compaction physical: compaction 9 --physical
endpoint hashkv after physical compaction: endpoint hashkv
# Leases.
lease grant: lease grant 600 => LEASE lease ([0-9a-f]+) granted
lease grant short: lease grant 1 -w fields
lease grant for long: lease grant 9000000000
lease list: lease list
lease grant too long: lease grant 9000000001
put with lease: put /l/1 x --lease=$LEASE
put with lease too: put /l/2 y --lease=$LEASE
get with lease: get /l/1 -w fields
lease timetolive: lease timetolive $LEASE
lease timetolive keys: lease timetolive $LEASE --keys
lease timetolive json: lease timetolive $LEASE --keys -w json
lease timetolive none: lease timetolive 1234
lease keep-alive: lease keep-alive $LEASE --once
lease keep-alive none: lease keep-alive 1234 --once
lease keep lease: put /l/1 z --ignore-lease
lease detached: put /l/2 z
lease keys: lease timetolive $LEASE --keys
lease revoke: lease revoke $LEASE
lease revoked: get /l --prefix
lease revoke again: lease revoke $LEASE
# Members.
member list: member list
member list json: member list -w json
member list fields: member list -w fields
member list table: member list -w table
member list serializable: member list --consistency=s
member add learner: member add four --peer-urls=https://127.0.0.1:14380 --learner => ADDED Member +([0-9a-f]+) +added
member list with learner: member list
watch nothing: watch /nothing for 2 s
member add second learner: member add five --peer-urls=https://127.0.0.1:15380 --learner
member add same url: member add five --peer-urls=https://127.0.0.1:14380
member add bad url: member add five --peer-urls=nonsense
member add no url: member add five
member promote early: member promote $ADDED
member update: member update $ADDED --peer-urls=https://127.0.0.1:16380
member update same: member update $ADDED --peer-urls=https://127.0.0.1:16380
member update unknown: member update 1234 --peer-urls=https://127.0.0.1:17380
member promote unknown: member promote 1234
member promote voter: member promote $MEMBER1
member remove: member remove $ADDED
member remove again: member remove $ADDED
member remove unknown: member remove 1234
member remove no id: member remove nonsense
# More members than run: a real etcd wants a quorum of those that do.
member add voter: member add six --peer-urls=https://127.0.0.1:18380 => SIX Member +([0-9a-f]+) +added
member add second voter: member add seven --peer-urls=https://127.0.0.1:19380 => SEVEN Member +([0-9a-f]+) +added
member add third voter: member add eight --peer-urls=https://127.0.0.1:20380
member add learner: member add eight --peer-urls=https://127.0.0.1:20380 --learner
member remove one that runs: member remove $MEMBER1
member remove seven: member remove $SEVEN
member remove six: member remove $SIX
# Endpoints.
endpoint health: endpoint health
endpoint health json: endpoint health -w json
endpoint health cluster: @1 endpoint health
endpoint status: endpoint status
endpoint status json: endpoint status -w json
endpoint status fields: @1 endpoint status -w fields
# Maintenance.
alarm list: alarm list
alarm disarm: alarm disarm
alarm list json: alarm list -w json
move-leader to oneself: @leader move-leader $LEADER
move-leader to a stranger: @leader move-leader 1234
move-leader not asked of the leader: @follower move-leader $FOLLOWER
move-leader: @leader move-leader $FOLLOWER
defrag: @1 defrag
defrag all: defrag
snapshot save: @1 snapshot save $WORK/snapshot.db
snapshot save from several: snapshot save $WORK/several.db
# What there is beside.
auth status: auth status
user list: user list
role list: role list
auth enable: auth enable
auth disable: auth disable
get with credentials: get /a/1 --user=root:secret
user get: user get nobody
user delete: user delete nobody
user grant-role: user grant-role nobody nothing
user revoke-role: user revoke-role nobody nothing
user passwd: user passwd nobody --interactive=false < secret
role get: role get nothing
role delete: role delete nothing
role grant-permission: role grant-permission nothing readwrite /a
role revoke-permission: role revoke-permission nothing /a
downgrade validate: downgrade validate 3.5
downgrade validate too old: downgrade validate 3.4
downgrade validate same: downgrade validate 3.6
downgrade validate nonsense: downgrade validate x
downgrade cancel: downgrade cancel
lock: lock /lock echo held
elect: elect /election me for 3 s
elect nobody: elect -l /nobody for 2 s
check datascale prefix: del --prefix /etcdctl-check-datascale
get after all: get "" --prefix -w json
version: version
`;
