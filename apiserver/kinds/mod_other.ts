// The kinds of all groups that mod_core.ts does not list, and services and
// endpoints of the core group, by `group/resource`. What each does is in its
// own file.

import { mutatingAdmissionPolicies, validatingAdmissionPolicies } from "./admission_policy.ts";
import {
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  subjectAccessReviews,
} from "./access_review.ts";
import { admissionPolicyBindings } from "./admission_policy_binding.ts";
import { apiServices } from "./api_service.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { certificateSigningRequests } from "./certificate_signing_request.ts";
import { csiDrivers, csiNodes, csiStorageCapacities, volumeAttachments } from "./csi.ts";
import { endpointSlices } from "./endpoint_slice.ts";
import { endpoints } from "./endpoints.ts";
import { checkExpression } from "../policy/compile_expression.ts";
import { flowSchemas, priorityLevelConfigurations } from "./flow_control.ts";
import { ingressClasses, ingresses } from "./ingress.ts";
import { customResourceDefinitions } from "./custom_resource_definitions.ts";
import { leases } from "./lease.ts";
import { networkPolicies } from "./network_policy.ts";
import { priorityClasses } from "./priority_class.ts";
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from "./rbac.ts";
import { deviceClasses, resourceClaims, resourceClaimTemplates } from "./resource_claim.ts";
import { resourceSlices } from "./resource_slice.ts";
import { selfSubjectRulesReviews } from "./rules_review.ts";
import { runtimeClasses } from "./runtime_class.ts";
import { services } from "./service.ts";
import { ipAddresses, serviceCIDRs } from "./service_cidr.ts";
import { storageClasses, volumeAttributesClasses } from "./storage_class.ts";
import { selfSubjectReviews, tokenReviews } from "./user_review.ts";
import { webhookConfigurations } from "./webhook_configuration.ts";

/** Behaviour by `group/resource`; the core group is empty, as in `/services`. */
export const otherKinds: Readonly<Record<string, KindBehaviour>> = {
  "/endpoints": endpoints,
  "/services": services,
  "admissionregistration.k8s.io/mutatingadmissionpolicies": mutatingAdmissionPolicies(
    checkExpression,
  ),
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": admissionPolicyBindings(false),
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": webhookConfigurations(
    true,
    checkExpression,
  ),
  "admissionregistration.k8s.io/validatingadmissionpolicies": validatingAdmissionPolicies(
    checkExpression,
  ),
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": admissionPolicyBindings(true),
  "admissionregistration.k8s.io/validatingwebhookconfigurations": webhookConfigurations(
    false,
    checkExpression,
  ),
  "apiextensions.k8s.io/customresourcedefinitions": customResourceDefinitions,
  "apiregistration.k8s.io/apiservices": apiServices,
  "authentication.k8s.io/selfsubjectreviews": selfSubjectReviews,
  "authentication.k8s.io/tokenreviews": tokenReviews,
  "authorization.k8s.io/localsubjectaccessreviews": localSubjectAccessReviews,
  "authorization.k8s.io/selfsubjectaccessreviews": selfSubjectAccessReviews,
  "authorization.k8s.io/selfsubjectrulesreviews": selfSubjectRulesReviews,
  "authorization.k8s.io/subjectaccessreviews": subjectAccessReviews,
  "certificates.k8s.io/certificatesigningrequests": certificateSigningRequests,
  "coordination.k8s.io/leases": leases,
  "discovery.k8s.io/endpointslices": endpointSlices,
  "flowcontrol.apiserver.k8s.io/flowschemas": flowSchemas,
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": priorityLevelConfigurations,
  "networking.k8s.io/ingressclasses": ingressClasses,
  "networking.k8s.io/ingresses": ingresses,
  "networking.k8s.io/ipaddresses": ipAddresses,
  "networking.k8s.io/networkpolicies": networkPolicies,
  "networking.k8s.io/servicecidrs": serviceCIDRs,
  "node.k8s.io/runtimeclasses": runtimeClasses,
  "rbac.authorization.k8s.io/clusterrolebindings": clusterRoleBindings,
  "rbac.authorization.k8s.io/clusterroles": clusterRoles,
  "rbac.authorization.k8s.io/rolebindings": roleBindings,
  "rbac.authorization.k8s.io/roles": roles,
  "resource.k8s.io/deviceclasses": deviceClasses(checkExpression),
  "resource.k8s.io/resourceclaims": resourceClaims(checkExpression),
  "resource.k8s.io/resourceclaimtemplates": resourceClaimTemplates(checkExpression),
  "resource.k8s.io/resourceslices": resourceSlices,
  "scheduling.k8s.io/priorityclasses": priorityClasses,
  "storage.k8s.io/csidrivers": csiDrivers,
  "storage.k8s.io/csinodes": csiNodes,
  "storage.k8s.io/csistoragecapacities": csiStorageCapacities,
  "storage.k8s.io/storageclasses": storageClasses,
  "storage.k8s.io/volumeattachments": volumeAttachments,
  "storage.k8s.io/volumeattributesclasses": volumeAttributesClasses,
};
