// The check of a webhook's URL. Source: ValidateWebhookURL of
// k8s.io/apiserver/pkg/util/webhook. It reads the text as Go's net/url does,
// since the browser's URL class tidies up what errors have to show.

import { type FieldError, invalid, required } from "../../runtime/field/error.ts";

const FORM = "; desired format: https://host[/path]";
const PARTS =
  /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

// What net/url refuses in hosts, those with brackets and percent signs aside.
const ODD_IN_HOST = /[ "<>\\^`{|}]/;

/** Errors of the URL of a webhook. */
export function webhookURLErrors(url: string, field: string): FieldError[] {
  const parts = PARTS.exec(url);
  // deno-lint-ignore no-control-regex -- Go refuses control characters in URLs
  if (parts === null || /[\x00-\x1f\x7f]/.test(url)) {
    return [
      required(
        field,
        `url must be a valid URL: parse ${
          JSON.stringify(url)
        }: net/url: invalid control character in URL${FORM}`,
      ),
    ];
  }
  if (url.startsWith(":")) {
    const problem = `parse ${JSON.stringify(url)}: missing protocol scheme`;
    return [required(field, `url must be a valid URL: ${problem}${FORM}`)];
  }
  const [, scheme = "", authority = "", , query = "", fragment = ""] = parts;
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  const odd = ODD_IN_HOST.exec(host)?.[0];
  if (odd !== undefined) {
    const problem = `parse ${JSON.stringify(url)}: invalid character "${odd}" in host name`;
    return [required(field, `url must be a valid URL: ${problem}${FORM}`)];
  }
  const errors: FieldError[] = [];
  if (scheme.toLowerCase() !== "https") {
    errors.push(
      invalid(field, scheme.toLowerCase(), `'https' is the only allowed URL scheme${FORM}`),
    );
  }
  if (host === "") errors.push(invalid(field, host, `host must be specified${FORM}`));
  if (at >= 0) {
    errors.push(
      invalid(field, authority.slice(0, at), "user information is not permitted in the URL"),
    );
  }
  if (fragment !== "") {
    errors.push(invalid(field, fragment, "fragments are not permitted in the URL"));
  }
  if (query !== "") {
    errors.push(invalid(field, query, "query parameters are not permitted in the URL"));
  }
  return errors;
}
