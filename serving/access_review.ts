// Who may look at the diagnostics: the cluster itself says whose token it is
// (TokenReview) and what its owner may do (SubjectAccessReview). Answers are
// remembered for a while. Source: controller-runtime
// pkg/metrics/filters.WithAuthenticationAndAuthorization.

import { createHash } from "node:crypto";
import type { Client, ResourceRef } from "../runtime/client.ts";
import type { Clock } from "../runtime/clock.ts";
import { type Logger, silentLogger } from "../runtime/log.ts";
import type { JsonObject } from "../runtime/object.ts";
import type { Serve, ServedRequest, ServedResponse } from "./http_server.ts";

const TOKEN_REVIEWS: ResourceRef = {
  apiVersion: "authentication.k8s.io/v1",
  resource: "tokenreviews",
};
const ACCESS_REVIEWS: ResourceRef = {
  apiVersion: "authorization.k8s.io/v1",
  resource: "subjectaccessreviews",
};
const REMEMBERED_MAX = 1000;
const KNOWN_MS = 60_000;
const ALLOWED_MS = 300_000;
const DENIED_MS = 30_000;
const VERBS: Readonly<Record<string, string>> = { HEAD: "get" };

interface Reviewed {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: string[];
  readonly extra?: JsonObject;
}

interface Remembered<T> {
  readonly value: T;
  readonly until_ms: number;
}

/** Asks the cluster, and remembers. */
export class AccessReview {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #users = new Map<string, Remembered<Reviewed | undefined>>();
  readonly #verdicts = new Map<string, Remembered<boolean>>();

  /** `client` may create token and access reviews; `logger` is told when the cluster cannot be asked. */
  constructor(client: Client, clock: Clock, logger: Logger = silentLogger) {
    this.#client = client;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Lets requests through whose bearer may use this path of the cluster. */
  guard(serve: Serve): Serve {
    return async (request) => await this.#refusal(request) ?? await serve(request);
  }

  async #refusal(request: ServedRequest): Promise<ServedResponse | undefined> {
    const token = /^Bearer +(\S+)$/i.exec(request.header("authorization") ?? "")?.[1];
    if (token === undefined) return { status: 401, body: "Unauthorized\n" };
    let user: Reviewed | undefined;
    try {
      user = await this.#userOf(token);
    } catch (error) {
      return this.#failed("Authentication failed", error);
    }
    if (user === undefined) return { status: 401, body: "Unauthorized\n" };
    const verb = VERBS[request.method] ?? request.method.toLowerCase();
    try {
      if (await this.#mayUse(user, verb, request.path)) return undefined;
    } catch (error) {
      return this.#failed(`Authorization for user ${user.username} failed`, error);
    }
    const body = `Authorization denied for user ${user.username}`;
    this.#logger.debug(body, { verb, path: request.path });
    return { status: 403, body: `${body}\n` };
  }

  #failed(what: string, error: unknown): ServedResponse {
    this.#logger.error(what, { error });
    return { status: 500, body: `${what}\n` };
  }

  async #userOf(token: string): Promise<Reviewed | undefined> {
    // Tokens themselves are not kept.
    const key = createHash("sha256").update(token).digest("hex");
    return await this.#remembered(this.#users, key, () => KNOWN_MS, async () => {
      const { status } = await this.#client.create(TOKEN_REVIEWS, {
        apiVersion: TOKEN_REVIEWS.apiVersion,
        kind: "TokenReview",
        metadata: {},
        spec: { token },
      });
      return status?.authenticated === true ? status.user as Reviewed : undefined;
    });
  }

  async #mayUse(user: Reviewed, verb: string, path: string): Promise<boolean> {
    const key = JSON.stringify([user.username, user.uid, user.groups, user.extra, verb, path]);
    const lasting = (allowed: boolean) => allowed ? ALLOWED_MS : DENIED_MS;
    return await this.#remembered(this.#verdicts, key, lasting, async () => {
      const { status } = await this.#client.create(ACCESS_REVIEWS, {
        apiVersion: ACCESS_REVIEWS.apiVersion,
        kind: "SubjectAccessReview",
        metadata: {},
        spec: {
          user: user.username ?? "",
          ...(user.uid === undefined ? {} : { uid: user.uid }),
          groups: user.groups ?? [],
          ...(user.extra === undefined ? {} : { extra: user.extra }),
          nonResourceAttributes: { path, verb },
        },
      });
      return status?.allowed === true;
    });
  }

  async #remembered<T>(
    memory: Map<string, Remembered<T>>,
    key: string,
    lasting_ms: (value: T) => number,
    ask: () => Promise<T>,
  ): Promise<T> {
    const now_ms = this.#clock.now();
    const present = memory.get(key);
    if (present !== undefined && present.until_ms > now_ms) return present.value;
    const value = await ask();
    memory.delete(key);
    memory.set(key, { value, until_ms: now_ms + lasting_ms(value) });
    const oldest = memory.keys().next();
    if (memory.size > REMEMBERED_MAX && !oldest.done) memory.delete(oldest.value);
    return value;
  }
}
