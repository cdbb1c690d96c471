// What requests of a listener are answered with, and within which limits.

import type { HttpHandler } from "../http/types.ts";
import type { Connections } from "./connections.ts";
import type { Debts } from "./debts.ts";

/** What all requests of a listener share. */
export interface Service {
  /** Answers them. */
  readonly handler: HttpHandler;
  /** How long a client may take nothing of an answer before it is cut off. */
  readonly stalled_ms: number;
  /** What clients have not taken yet. */
  readonly debts: Debts;
  /** Whose turn it is. */
  readonly connections: Connections;
}
