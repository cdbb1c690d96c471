// Every module that a command loads when it runs (load.ts), for what has to
// know the whole program beforehand: `deno compile --include cmd/loaded.ts` and
// `deno install --entrypoint`. Nothing imports this file.

import "../apiserver/http/memory_ceiling.ts";
import "../apiserver/persistence/sqlite_storage.ts";
import "../clusters/fake_cluster.ts";
import "../clusters/fake_management.ts";
import "../runtime/read_kubeconfig.ts";
import "./controller_process.ts";
