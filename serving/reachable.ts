// Whether a TLS server of this process lets clients in: what a probe asks of
// webhooks. Source: controller-runtime's StartedChecker.

import { connect } from "node:tls";
import type { Check } from "./probes.ts";

const DIAL_MS_MAX = 10_000;

/** A check that dials the port of this machine and shakes hands, whoever signed the certificate. */
export function checkReachable(what: string, port: number): Check {
  return () =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: "localhost", port, rejectUnauthorized: false });
      const fail = (why: string) => {
        socket.destroy();
        reject(new Error(`${what} is not reachable: ${why}`));
      };
      socket.setTimeout(DIAL_MS_MAX, () => fail("it does not answer"));
      socket.once("error", (error) => fail(error.message));
      socket.once("secureConnect", () => {
        socket.destroy();
        resolve();
      });
    });
}
