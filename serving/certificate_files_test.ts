import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../runtime/clock.ts";
import { makeLogger } from "../runtime/log.ts";
import { createAuthority } from "../runtime/pki/mod.ts";
import { followCertificate, readCertificate } from "./certificate_files.ts";

Deno.test("followCertificate() takes a renewed pair, and no half of one", async () => {
  const folder = await Deno.makeTempDir();
  const files = { certificate: `${folder}/tls.crt`, key: `${folder}/tls.key` };
  const pair = (commonName: string) => createAuthority({ commonName, now_ms: Date.UTC(2026, 0) });
  const [first, second] = [pair("first"), pair("second")];
  const clock = new VirtualClock();
  const stop = new AbortController();
  try {
    await assertRejects(
      () => readCertificate(files),
      TypeError,
      `Cannot read ${files.certificate}: no such file`,
    );
    await Deno.writeTextFile(files.certificate, first.certificate);
    await Deno.writeTextFile(files.key, first.key);
    const seen: string[] = [];
    const log: string[] = [];
    const changed = () => Promise.withResolvers<void>();
    let next = changed();
    const following = followCertificate(files, await readCertificate(files), {
      clock,
      logger: makeLogger(({ level }) => {
        log.push(level);
        next.resolve();
      }),
      signal: stop.signal,
      onChange: ({ certificate }) => seen.push(certificate),
    });
    await Deno.writeTextFile(files.certificate, second.certificate);
    await clock.advance(10_000);
    await next.promise;
    assertEquals([seen, log], [[], ["warn"]]);
    next = changed();
    await Deno.writeTextFile(files.key, second.key);
    while (clock.pending === 0) await readCertificate(files);
    await clock.advance(10_000);
    await next.promise;
    assertEquals([seen, log], [[second.certificate], ["warn", "info"]]);
    stop.abort();
    await following;
    await Deno.writeTextFile(files.key, "nonsense");
    await assertRejects(() => readCertificate(files), TypeError, "are no certificate and key");
  } finally {
    stop.abort();
    await Deno.remove(folder, { recursive: true });
  }
});
