// Requests for the tests of what answers them, without a server.

import type { Serve, ServedRequest, ServedResponse } from "./http_server.ts";

/** What a request says; default a GET without a body. */
export interface Asked {
  readonly method?: string;
  readonly token?: string;
  readonly body?: string;
}

/** The answer to a request. */
export async function ask(
  serve: Serve,
  target: string,
  { method = "GET", token, body = "" }: Asked = {},
): Promise<ServedResponse> {
  const url = new URL(target, "http://localhost");
  const request: ServedRequest = {
    method,
    path: url.pathname,
    query: url.searchParams,
    header: (name) =>
      name === "authorization" && token !== undefined ? `Bearer ${token}` : undefined,
    text: () => Promise.resolve(body),
    signal: new AbortController().signal,
  };
  return await serve(request);
}

/** Status and body of an answer. */
export async function answerOf(
  serve: Serve,
  target: string,
  asked: Asked = {},
): Promise<[number, string]> {
  const { status, body } = await ask(serve, target, asked);
  return [status, typeof body === "string" ? body : "(stream)"];
}
