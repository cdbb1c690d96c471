// What validation against a schema finds: kube-openapi's errors, kept once
// each by their text, with the count of checks that held (it decides which
// alternative of an anyOf explains a failure best).

import type { FieldError } from "../field/error.ts";

/** One thing wrong. */
export interface Finding {
  /** kube-openapi's own words. Two findings with the same words are one. */
  readonly words: string;
  /** The field error it becomes. Its field is the path inside the validated value. */
  readonly error: FieldError;
}

/** The outcome of validating one value. */
export class Outcome {
  /** `undefined` until something is found: most values are good. */
  findings: Finding[] | undefined;
  /** How many checks were passed on the way. */
  matches = 0;

  /** Whether nothing was found. */
  get valid(): boolean {
    return this.findings === undefined;
  }

  /** Adds a finding unless one with the same words is there. */
  add(finding: Finding): void {
    if (this.findings === undefined) this.findings = [finding];
    else if (!this.findings.some(({ words }) => words === finding.words)) {
      this.findings.push(finding);
    }
  }

  /** Takes over everything of another outcome. */
  merge(other: Outcome): void {
    if (other.findings !== undefined) {
      for (const finding of other.findings) this.add(finding);
    }
    this.matches += other.matches;
  }
}
