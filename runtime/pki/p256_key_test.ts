import { assert, assertEquals } from "@std/assert";
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { Buffer } from "node:buffer";
import { createP256Key } from "./p256_key.ts";

Deno.test("createP256Key() gives one key in three forms", () => {
  // Some scalars begin with zeros, which must not be lost: one in 256.
  for (let i = 0; i < 600; i++) {
    const { privateKey, spki, pem } = createP256Key();
    const read = createPrivateKey(pem);
    assertEquals(read.asymmetricKeyDetails?.namedCurve, "prime256v1");
    assert(createPublicKey(read).export({ type: "spki", format: "der" }).equals(spki));
    if (i > 4) continue;
    const publicKey = createPublicKey({ key: spki, type: "spki", format: "der" });
    const signature = sign("sha256", Buffer.from("text"), privateKey);
    assert(verify("sha256", Buffer.from("text"), publicKey, signature));
    assertEquals(read.export({ type: "sec1", format: "pem" }), pem);
  }
});
