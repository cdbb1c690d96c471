// The policy levels of Pod Security and how namespaces ask for them by
// label. Source: k8s.io/pod-security-admission api.

import { type FieldError, invalid } from "../../runtime/field/error.ts";

/** From the most to the least permissive. */
export const LEVELS = ["privileged", "baseline", "restricted"] as const;

/** How much is demanded of pods. */
export type Level = typeof LEVELS[number];

/** A level as of a minor version of Kubernetes. */
export interface LevelVersion {
  readonly level: Level;
  /** `latest` is Infinity. */
  readonly minor: number;
}

/** What a namespace asks for. */
export interface PodSecurityPolicy {
  readonly enforce: LevelVersion;
  readonly warn: LevelVersion;
}

const PREFIX = "pod-security.kubernetes.io/";
const VERSION = /^v1\.(0|[1-9]\d*)$/;
const PRIVILEGED: LevelVersion = { level: "privileged", minor: Infinity };

type Labels = Readonly<Record<string, string>>;

function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}

function parseVersion(text: string): number | undefined {
  if (text === "latest") return Infinity;
  const match = VERSION.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** How much more `a` demands than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}

/** `restricted:v1.24`. */
export function printLevel({ level, minor }: LevelVersion): string {
  return `${level}:${minor === Infinity ? "latest" : `v1.${minor}`}`;
}

/** Errors of a namespace's labels. */
export function validateLabels(labels: Labels): FieldError[] {
  const errors: FieldError[] = [];
  for (const mode of ["enforce", "audit", "warn"]) {
    const level = labels[`${PREFIX}${mode}`];
    if (level !== undefined && !isLevel(level)) {
      errors.push(
        invalid(
          `metadata.labels[${PREFIX}${mode}]`,
          level,
          `must be one of ${LEVELS.join(", ")}`,
        ),
      );
    }
    const version = labels[`${PREFIX}${mode}-version`];
    if (version !== undefined && parseVersion(version) === undefined) {
      errors.push(
        invalid(`metadata.labels[${PREFIX}${mode}-version]`, version, 'must be "latest" or "v1.x"'),
      );
    }
  }
  return errors;
}

/** The policy that labels ask for. Enforcement that cannot be understood is strict, warnings are not. */
export function policyOf(labels: Labels): PodSecurityPolicy {
  const asked = (mode: string, fallback: Level): LevelVersion => {
    const level = labels[`${PREFIX}${mode}`];
    const version = labels[`${PREFIX}${mode}-version`];
    return {
      level: level === undefined ? PRIVILEGED.level : isLevel(level) ? level : fallback,
      minor: version === undefined ? Infinity : parseVersion(version) ?? Infinity,
    };
  };
  const enforce = asked("enforce", "restricted");
  const warn = asked("warn", "privileged");
  // Who enforces wants to be warned of it too.
  const implied = labels[`${PREFIX}warn`] === undefined &&
    isLevel(labels[`${PREFIX}enforce`] ?? "") && compareLevels(enforce.level, warn.level) > 0;
  if (!implied) return { enforce, warn };
  const minor = labels[`${PREFIX}warn-version`] === undefined ? enforce.minor : warn.minor;
  return { enforce, warn: { level: enforce.level, minor } };
}
