// From an answer that is no success to the StatusError that says why: the
// server's own Status where it gives one. Source: client-go
// rest.Request.transformResponse.

import { Buffer } from "node:buffer";
import { type Status, StatusError } from "../runtime/status.ts";
import type { RemoteResponse } from "./transport.ts";

const ERROR_BYTES_MAX = 1 << 20;
const TEXT_LENGTH_MAX = 1024;

const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Expired",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** The whole body as text. Throws a StatusError when it is larger than `limit` bytes or breaks off. */
export async function bodyText(response: RemoteResponse, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body) {
      size += chunk.byteLength;
      if (size > limit) {
        throw new StatusError(
          413,
          "RequestEntityTooLarge",
          `The answer is larger than ${limit} bytes`,
        );
      }
      chunks.push(chunk);
    }
  } catch (error) {
    response.cancel();
    throw error instanceof StatusError ? error : unreachable((error as Error).message);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What a failed response says. */
export async function statusErrorOf(response: RemoteResponse): Promise<StatusError> {
  const text = await bodyText(response, ERROR_BYTES_MAX);
  const status = parseStatus(text);
  if (status !== undefined) return errorOf(status);
  const { status: code } = response;
  const seconds = Number(response.header("retry-after"));
  return new StatusError(
    code,
    REASONS[code] ?? "",
    text.trim().slice(0, TEXT_LENGTH_MAX) || `The server answered ${code}`,
    Number.isInteger(seconds) && seconds > 0 ? { retryAfterSeconds: seconds } : undefined,
  );
}

/** The error of a `Status`, such as an ERROR event of a watch carries. */
export function errorOf({ code, reason, message, details }: Partial<Status>): StatusError {
  return new StatusError(code ?? 500, reason ?? "", message ?? "", details);
}

/** 503: there was no answer that could be read. */
export function unreachable(why: string): StatusError {
  return new StatusError(503, "ServiceUnavailable", why);
}

function parseStatus(text: string): Partial<Status> | undefined {
  try {
    const value = JSON.parse(text) as Partial<Status> | null;
    return value?.kind === "Status" && typeof value.code === "number" ? value : undefined;
  } catch {
    return undefined;
  }
}
