// What the services do with a call, where a whole connection would take too
// long to show it.

import { assertEquals } from "@std/assert";
import { EventEmitter } from "node:events";
import { VirtualClock } from "../runtime/clock.ts";
import { SeededRandom } from "../runtime/random.ts";
import { EtcdCluster } from "./etcd_cluster.ts";
import { memberServices } from "./grpc_services.ts";
import { MemberApi } from "./member_api.ts";

/** A call whose client reads so many answers at a time. */
class Call extends EventEmitter {
  room = 0;
  answers = 0;
  paused = false;

  write(): boolean {
    this.answers++;
    return --this.room > 0;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  read(room: number): void {
    this.room = room;
    this.emit("drain");
  }
}

Deno.test("LeaseKeepAlive takes no more requests than its client reads answers", () => {
  const cluster = new EtcdCluster({ clock: new VirtualClock(), random: new SeededRandom(1) });
  const api = new MemberApi(cluster, cluster.startMember({ name: "a" }).id);
  const call = new Call();
  const service = memberServices(api).find(({ definition }) => "LeaseKeepAlive" in definition);
  (service?.implementation["LeaseKeepAlive"] as (call: unknown) => void)(call);
  /** Gives requests for as long as they are taken; answers how many were. */
  const ask = () => {
    const before = call.answers;
    for (let i = 0; i < 100 && !call.paused; i++) call.emit("data", { id: 1n });
    return call.answers - before;
  };
  assertEquals(ask(), 1);
  call.read(3);
  assertEquals([ask(), call.paused], [3, true]);
  call.read(1000);
  assertEquals([ask(), call.paused], [100, false]);
});
