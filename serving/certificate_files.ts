// A serving certificate in two files that somebody else renews: read again
// when they change. A half-written pair is left until it is whole. Source:
// controller-runtime pkg/certwatcher.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";

/** A certificate and its private key, PEM. */
export interface CertificatePair {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

/** Where the files are. */
export interface CertificateFiles {
  /** The certificate's file. */
  readonly certificate: string;
  /** The key's file. */
  readonly key: string;
}

/** Options of {@linkcode followCertificate}. */
export interface FollowOptions {
  /** All time. */
  readonly clock: Clock;
  /** Where changes and mistakes are told. */
  readonly logger: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told of every look at the files. */
  onRead?(worked: boolean): void;
  /** Called with each new pair. */
  onChange(pair: CertificatePair): void;
}

const LOOK_MS = 10_000;

/** The pair as it is now. Throws `TypeError` with one line when it is missing or does not fit together. */
export async function readCertificate(files: CertificateFiles): Promise<CertificatePair> {
  // One after the other: of two missing files the certificate is told of.
  const certificate = await read(files.certificate);
  const key = await read(files.key);
  let fits: boolean;
  try {
    fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TypeError(`${files.certificate} and ${files.key} are no certificate and key: ${why}`);
  }
  if (!fits) throw new TypeError(`${files.key} is not the key of ${files.certificate}`);
  return { certificate, key };
}

/** Follows the files from `known` on until the signal aborts. */
export async function followCertificate(
  files: CertificateFiles,
  known: CertificatePair,
  { clock, logger, signal, onChange, onRead }: FollowOptions,
): Promise<void> {
  let present = known;
  let trouble = "";
  while (!signal.aborted) {
    await sleep(clock, LOOK_MS, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      const pair = await readCertificate(files);
      onRead?.(true);
      trouble = "";
      if (pair.certificate === present.certificate && pair.key === present.key) continue;
      present = pair;
      onChange(pair);
      logger.info("Serving certificate renewed", { file: files.certificate });
    } catch (error) {
      const { message } = error as Error;
      onRead?.(false);
      if (message !== trouble) {
        logger.warn("Serving certificate cannot be read; going on with the last one", { error });
      }
      trouble = message;
    }
  }
}

async function read(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "no such file" : (error as Error).message;
    throw new TypeError(`Cannot read ${path}: ${why}`);
  }
}
