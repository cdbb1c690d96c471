// Who came in and how many are being served, for /metrics: kube-apiserver's
// own metric names. Source: k8s.io/apiserver endpoints/filters/metrics.go,
// server/filters/maxinflight.go and audit/metrics.go.

import { Counter, Gauge, metricsText } from "../../runtime/metrics/mod.ts";
import type { UserInfo } from "../../runtime/user.ts";
import type { RequestInfo } from "./request_info.ts";

const READING: ReadonlySet<string> = new Set(["get", "list", "watch"]);
const CONNECTING: ReadonlySet<string> = new Set([
  "attach",
  "exec",
  "log",
  "portforward",
  "proxy",
]);
/** The names that are told; everybody else is `other`. */
const USERS: ReadonlySet<string> = new Set([
  "admin",
  "client",
  "kube_proxy",
  "kubelet",
  "system:serviceaccount:kube-system:default",
]);

/** Counts. */
export class AccessMetrics {
  readonly #attempts = new Counter({
    name: "authentication_attempts",
    help: "[ALPHA] Counter of authenticated attempts.",
    labels: ["result"],
  });
  readonly #users = new Counter({
    name: "authenticated_user_requests",
    help: "[ALPHA] Counter of authenticated requests broken out by username.",
    labels: ["username"],
  });
  readonly #decisions = new Counter({
    name: "authorization_attempts_total",
    help: "[ALPHA] Counter of authorization attempts broken down by result. It can be either " +
      "'allowed', 'denied', 'no-opinion' or 'error'.",
    labels: ["result"],
  });
  readonly #inFlight = new Gauge({
    name: "apiserver_current_inflight_requests",
    help: "[STABLE] Number of requests that are being served, per request kind.",
    labels: ["request_kind"],
  });
  readonly #audited = new Counter({
    name: "apiserver_audit_event_total",
    help: "[ALPHA] Counter of audit events generated and sent to the audit backend.",
  });
  readonly #unaudited = new Counter({
    name: "apiserver_audit_requests_rejected_total",
    help:
      "[ALPHA] Counter of apiserver requests rejected due to an error in audit logging backend.",
  });

  /** Series that are there from the first are at zero. */
  constructor() {
    for (const kind of ["mutating", "readOnly"]) this.#inFlight.set(0, [kind]);
    this.#audited.add([], 0);
    // Nobody is refused because of the audit log.
    this.#unaudited.add([], 0);
  }

  /** Somebody is known, or nobody in particular. */
  authenticated({ name }: UserInfo): void {
    this.#attempts.add(["success"]);
    this.#users.add([USERS.has(name) ? name : name.includes("@") ? "email_id" : "other"]);
  }

  /** Somebody has shown credentials that are no good. */
  notAuthenticated(): void {
    this.#attempts.add(["failure"]);
  }

  /** Whether somebody may. */
  authorized(allowed: boolean): void {
    this.#decisions.add([allowed ? "allowed" : "no-opinion"]);
  }

  /** A request begins to be served. Watches and tunnels are not counted. Answers what to call at its end. */
  begin(info: RequestInfo): () => void {
    if (info.verb === "watch" || CONNECTING.has(info.subresource)) return () => {};
    const kind = [READING.has(info.verb) ? "readOnly" : "mutating"];
    this.#inFlight.add(1, kind);
    return () => this.#inFlight.add(-1, kind);
  }

  /** The audit log has been told. */
  audited(): void {
    this.#audited.add();
  }

  /** In Prometheus' text format. */
  text(): string {
    return metricsText([
      this.#inFlight,
      this.#attempts,
      this.#users,
      this.#decisions,
      this.#audited,
      this.#unaudited,
    ]);
  }
}
