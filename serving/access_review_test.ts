import { assertEquals, assertMatch } from "@std/assert";
import type { Client } from "../runtime/client.ts";
import { VirtualClock } from "../runtime/clock.ts";
import { formatRecord, makeLogger } from "../runtime/log.ts";
import type { KubeObject } from "../runtime/object.ts";
import { answerOf } from "./_requests_for_test.ts";
import { AccessReview } from "./access_review.ts";

/** A cluster that knows one token, and lets its owner look at metrics. */
class Reviewer {
  asked: string[] = [];

  create(_ref: unknown, object: KubeObject): Promise<KubeObject> {
    this.asked.push(object.kind);
    const { spec } = object;
    const status = object.kind === "TokenReview"
      ? spec.token === "good"
        ? { authenticated: true, user: { username: "prometheus", groups: ["monitors"] } }
        : { authenticated: false }
      : {
        allowed: spec.user === "prometheus" && spec.groups[0] === "monitors" &&
          spec.nonResourceAttributes.path === "/metrics" &&
          spec.nonResourceAttributes.verb === "get",
      };
    return Promise.resolve({ ...object, status });
  }
}

Deno.test("AccessReview lets through whom the cluster lets, and remembers", async () => {
  const reviewer = new Reviewer();
  const clock = new VirtualClock();
  const review = new AccessReview(reviewer as unknown as Client, clock);
  const serve = review.guard(() => ({ status: 200, body: "secret" }));
  assertEquals(await answerOf(serve, "/metrics"), [401, "Unauthorized\n"]);
  assertEquals(reviewer.asked, []);
  assertEquals(await answerOf(serve, "/metrics", { token: "bad" }), [401, "Unauthorized\n"]);
  assertEquals(await answerOf(serve, "/metrics", { token: "good" }), [200, "secret"]);
  assertEquals(await answerOf(serve, "/debug/flags/v", { token: "good", method: "PUT" }), [
    403,
    "Authorization denied for user prometheus\n",
  ]);
  reviewer.asked = [];
  assertEquals((await answerOf(serve, "/metrics", { token: "good" }))[0], 200);
  assertEquals(reviewer.asked, []);
  await clock.advance(61_000);
  assertEquals((await answerOf(serve, "/metrics", { token: "good" }))[0], 200);
  assertEquals(reviewer.asked, ["TokenReview"]);
  await clock.advance(300_000);
  assertEquals((await answerOf(serve, "/metrics", { token: "good" }))[0], 200);
  assertEquals(reviewer.asked, ["TokenReview", "TokenReview", "SubjectAccessReview"]);
});

Deno.test("AccessReview says what could not be asked, and remembers no failure", async () => {
  const reviewer = new Reviewer();
  let failing = "TokenReview";
  const client = {
    create: (ref: unknown, object: KubeObject) =>
      object.kind === failing
        ? Promise.reject(new Error("no route to host"))
        : reviewer.create(ref, object),
  } as unknown as Client;
  const lines: string[] = [];
  const logger = makeLogger((record) => void lines.push(formatRecord(record)), "info");
  const review = new AccessReview(client, new VirtualClock(), logger);
  const serve = review.guard(() => ({ status: 200, body: "secret" }));
  const look = () => answerOf(serve, "/metrics", { token: "good" });
  assertEquals(await look(), [500, "Authentication failed\n"]);
  failing = "SubjectAccessReview";
  assertEquals(await look(), [500, "Authorization for user prometheus failed\n"]);
  failing = "";
  assertEquals(await look(), [200, "secret"]);
  assertEquals(lines.length, 2);
  assertMatch(lines[0] ?? "", /Authentication failed .*no route to host/);
});
