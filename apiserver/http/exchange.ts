// One request on its way through the chain: what is known of it so far.

import type { UserInfo } from "../../runtime/user.ts";
import type { RequestContext } from "../request.ts";
import type { RequestInfo } from "./request_info.ts";
import type { HttpRequest } from "./types.ts";
import type { WarningRecorder } from "./warnings.ts";

/** So many annotations at most are kept of a request. */
const ANNOTATIONS_MAX = 1000;

/** A request that has been routed, authenticated and authorized. */
export interface Exchange {
  /** As it came. */
  readonly request: HttpRequest;
  /** What it means. */
  readonly info: RequestInfo;
  /** Who asks, or is asked for. */
  readonly user: UserInfo;
  /** What the answer will warn of. */
  readonly warnings: WarningRecorder;
  /** What its audit event will tell; absent where nobody listens. */
  readonly annotations: Map<string, string> | undefined;
  /** How long webhooks have been waited for. */
  waited_ms: number;
  /** Whether the client wants to read the answer with its eyes. */
  readonly pretty: boolean;
}

/** What the registry gets to know of an exchange. */
export function contextOf(exchange: Exchange): RequestContext {
  const { request, user, warnings, annotations } = exchange;
  return {
    user,
    userAgent: request.headers["user-agent"] ?? "",
    warn: (text) => warnings.add(text),
    ...(annotations === undefined ? {} : { annotate: annotator(annotations) }),
    waited: (duration_ms) => void (exchange.waited_ms += duration_ms),
    // Made only for those who look at it.
    get signal() {
      return request.signal;
    },
  };
}

function annotator(annotations: Map<string, string>): (key: string, value: string) => void {
  return (key, value) => {
    if (!annotations.has(key) && annotations.size < ANNOTATIONS_MAX) annotations.set(key, value);
  };
}
