// A server for tests that ask it things over HTTP without a socket.

import { VirtualClock } from "../../runtime/clock.ts";
import { adminUser, type UserInfo } from "../../runtime/user.ts";
import { ApiServer, type ApiServerOptions } from "../server.ts";
import { fetchAdapter } from "./fetch.ts";

/** Asks a server. */
export type Fetch = (
  method: string,
  path: string,
  options?: { headers?: Record<string, string>; body?: unknown },
) => Promise<Response>;

/** A server and a way to ask it things, as the administrator unless `user` says otherwise. */
export function serve(
  options: ApiServerOptions = {},
  user: UserInfo | null = adminUser,
): { server: ApiServer; ask: Fetch; [Symbol.dispose](): void } {
  const server = new ApiServer({ clock: new VirtualClock(), ...options });
  const fetch = fetchAdapter(server.handler, user === null ? {} : { user });
  return {
    server,
    ask: (method, path, { headers = {}, body } = {}) =>
      fetch(
        new Request(`https://localhost${path}`, {
          method,
          headers: {
            ...(typeof body === "object" ? { "content-type": "application/json" } : {}),
            ...headers,
          },
          ...(body === undefined
            ? {}
            : { body: typeof body === "string" ? body : JSON.stringify(body) }),
        }),
      ),
    [Symbol.dispose]: () => server.close(),
  };
}

/** The collection of the default namespace. */
export const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
/** One for it. */
export const configMap = (name: string, more: Record<string, unknown> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data: { a: "1" },
  ...more,
});
