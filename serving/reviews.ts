// Admission and conversion webhooks over HTTPS: a review in, the review with
// its answer out. What is answered stands in webhooks/.

import type { Logger } from "../runtime/log.ts";
import type { JsonValue } from "../runtime/object.ts";
import { answerReview, type ReviewEndpoint } from "../webhooks/mod.ts";
import type { Serve } from "./http_server.ts";

// A ConversionReview carries every object of a list.
const REVIEW_BYTES_MAX = 128 << 20;

/** Answers reviews at the paths of the endpoints. */
export function serveReviews(endpoints: readonly ReviewEndpoint[], logger: Logger): Serve {
  const byPath = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]));
  return async (request) => {
    const endpoint = byPath.get(request.path);
    if (endpoint === undefined) return { status: 404, body: "404 page not found\n" };
    if (request.method !== "POST") return { status: 405, body: "Use POST\n" };
    const text = await request.text(REVIEW_BYTES_MAX);
    let review: JsonValue;
    try {
      review = JSON.parse(text) as JsonValue;
    } catch {
      return { status: 400, body: "The body is not JSON\n" };
    }
    try {
      const answer = await answerReview(endpoint, review);
      return { status: 200, type: "application/json", body: JSON.stringify(answer) };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      logger.debug("Review refused", { path: request.path, error });
      return { status: 400, body: `${error.message}\n` };
    }
  };
}
