// Why there is no connection.

/** Why a cluster cannot be spoken to: a kubeconfig that is missing or wrong. One line. */
export class ConnectionError extends Error {
  /** The name by which it is known. */
  override name = "ConnectionError";
}
