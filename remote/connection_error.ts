// Why there is no connection, in one line.

/** Why a cluster cannot be spoken to: a kubeconfig that is missing or wrong. One line. */
export class ConnectionError extends Error {
  /** The name by which it is known. */
  override name = "ConnectionError";
}

/** The first line of what an error says: libraries tell more than an operator needs. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0] ?? "";
}
