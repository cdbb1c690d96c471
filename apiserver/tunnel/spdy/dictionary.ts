// What both sides of SPDY/3 compress headers against: names and values that
// are often seen in HTTP, known before the first byte. Source: SPDY protocol
// draft 3.1, section 2.6.10.1.

import { Buffer } from "node:buffer";

// Each stands in the dictionary after its length in four bytes.
const WORDS =
  "options head post put delete trace accept accept-charset accept-encoding accept-language " +
  "accept-ranges age allow authorization cache-control connection content-base " +
  "content-encoding content-language content-length content-location content-md5 " +
  "content-range content-type date etag expect expires from host if-match if-modified-since " +
  "if-none-match if-range if-unmodified-since last-modified location max-forwards pragma " +
  "proxy-authenticate proxy-authorization range referer retry-after server te trailer " +
  "transfer-encoding upgrade user-agent vary via warning www-authenticate method get status";
// This one has a space in it.
const OK = "200 OK";
const MORE_WORDS = "version HTTP/1.1 url public set-cookie keep-alive origin";
// And what follows has no lengths.
const REST = "100101201202205206300302303304305306307402405406407408409410411412413414415416417" +
  "502504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad " +
  "Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not " +
  "Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec " +
  "00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg," +
  "image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivate" +
  "max-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

/** The dictionary. */
export const HEADER_DICTIONARY: Buffer = Buffer.concat([
  ...[...WORDS.split(" "), OK, ...MORE_WORDS.split(" ")].map(measured),
  Buffer.from(REST),
]);

function measured(word: string): Buffer {
  const bytes = Buffer.alloc(4 + word.length);
  bytes.writeUInt32BE(word.length);
  bytes.write(word, 4);
  return bytes;
}
