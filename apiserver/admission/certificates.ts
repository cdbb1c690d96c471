// Admission plugins CertificateApproval, CertificateSigning and
// CertificateSubjectRestriction: who may approve and sign for which signer,
// and what may not be asked for. Source: plugin/pkg/admission/certificates.

import { equal } from "../../runtime/object.ts";
import type { AuthorizationAttributes, Authorizer } from "../auth/types.ts";
import { parseCertificateRequest } from "../kinds/certificate_request.ts";
import { requestPem } from "../kinds/certificate_signing_request.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./plugin.ts";
import { isFor, refuse } from "./refusal.ts";

const REQUESTS = "certificates.k8s.io/certificatesigningrequests";
const CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client";
const PRIVILEGED_GROUP = "system:masters";

function isUpdateOf({ operation, target }: AdmissionAttributes, subresource: string): boolean {
  return operation === "UPDATE" && target.definition.storage === REQUESTS &&
    target.subresource?.name === subresource;
}

/** Whether the user may act for that signer or for all of its domain. */
async function mayActFor(
  authorizer: Authorizer,
  { context }: AdmissionAttributes,
  verb: string,
  signer: string,
): Promise<boolean> {
  const ask = (name: string): AuthorizationAttributes => ({
    user: context.user,
    verb,
    resourceRequest: true,
    group: "certificates.k8s.io",
    version: "*",
    resource: "signers",
    subresource: "",
    namespace: "",
    name,
    path: "",
  });
  if ((await authorizer.authorize(ask(signer))).allowed) return true;
  const domain = signer.split("/", 1)[0]!;
  return (await authorizer.authorize(ask(`${domain}/*`))).allowed;
}

/** CertificateApproval. */
export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "CertificateApproval",
    handles: (attributes) => isUpdateOf(attributes, "approval"),
    async validate(attributes) {
      const signer: string = attributes.old?.["spec"]?.signerName ?? "";
      if (await mayActFor(authorizer, attributes, "approve", signer)) return;
      throw refuse(
        attributes,
        `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`,
      );
    },
  };
}

/** CertificateSigning. */
export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "CertificateSigning",
    handles: (attributes) => isUpdateOf(attributes, "status"),
    async validate(attributes) {
      const { old, object } = attributes;
      const { certificate: before, conditions: were } = old?.["status"] ?? {};
      const { certificate, conditions } = object?.["status"] ?? {};
      if ((before ?? "") === (certificate ?? "") && equal(were ?? [], conditions ?? [])) return;
      const signer: string = old?.["spec"]?.signerName ?? "";
      if (await mayActFor(authorizer, attributes, "sign", signer)) return;
      throw refuse(
        attributes,
        `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`,
      );
    },
  };
}

/** CertificateSubjectRestriction. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  handles: (attributes) => attributes.operation === "CREATE" && isFor(attributes, REQUESTS),
  validate(attributes) {
    const spec = attributes.object!["spec"] ?? {};
    if (spec.signerName !== CLIENT_SIGNER) return;
    const request = parseCertificateRequest(requestPem(attributes.object!));
    if (!request.organizations.includes(PRIVILEGED_GROUP)) return;
    throw refuse(
      attributes,
      `use of ${CLIENT_SIGNER} signer with ${PRIVILEGED_GROUP} group is not allowed`,
    );
  },
};
