// Says what was being done when something failed.

import { errorText } from "../kubeadm/services.ts";

/** The result of `work`; what it throws is told after `what`. */
export async function saying<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${what}: ${errorText(error)}`, { cause: error });
  }
}

/** The same for work that is done when it returns. */
export function sayingAtOnce<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${what}: ${errorText(error)}`, { cause: error });
  }
}
