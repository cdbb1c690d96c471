// Defaults of containers and their probes, ports and environment. Source:
// SetDefaults_Container, _Probe, _HTTPGetAction and _ObjectFieldSelector of
// pkg/apis/core/v1.

import { defaultPullPolicy } from "./image_name.ts";
import { items, type Part, struct } from "./part.ts";
import { roundResources } from "../../runtime/quota/resource_list.ts";

/** Fills in a field's API version. */
export function setFieldRefDefaults(fieldRef: Part | undefined): void {
  if (fieldRef && !fieldRef.apiVersion) fieldRef.apiVersion = "v1";
}

function setHandlerDefaults(handler: Part | undefined): void {
  const httpGet = handler?.httpGet;
  if (httpGet) {
    if (!httpGet.path) httpGet.path = "/";
    if (!httpGet.scheme) httpGet.scheme = "HTTP";
  }
}

function setProbeDefaults(probe: Part | undefined): void {
  if (!probe) return;
  setHandlerDefaults(probe);
  if (probe.grpc) probe.grpc.service ??= "";
  if (!probe.timeoutSeconds) probe.timeoutSeconds = 1;
  if (!probe.periodSeconds) probe.periodSeconds = 10;
  if (!probe.successThreshold) probe.successThreshold = 1;
  if (!probe.failureThreshold) probe.failureThreshold = 3;
}

/** Fills in what a container leaves out. */
export function setContainerDefaults(container: Part): void {
  for (const port of items(container.ports)) port.protocol ||= "TCP";
  for (const { valueFrom } of items(container.env)) {
    if (!valueFrom) continue;
    setFieldRefDefaults(valueFrom.fieldRef);
    if (valueFrom.resourceFieldRef) valueFrom.resourceFieldRef.divisor ??= "0";
    if (valueFrom.fileKeyRef) valueFrom.fileKeyRef.optional ??= false;
  }
  const resources = struct(container, "resources");
  roundResources(resources.limits);
  roundResources(resources.requests);
  setProbeDefaults(container.livenessProbe);
  setProbeDefaults(container.readinessProbe);
  setProbeDefaults(container.startupProbe);
  setHandlerDefaults(container.lifecycle?.postStart);
  setHandlerDefaults(container.lifecycle?.preStop);
  if (!container.terminationMessagePath) {
    container.terminationMessagePath = "/dev/termination-log";
  }
  if (!container.terminationMessagePolicy) container.terminationMessagePolicy = "File";
  if (!container.imagePullPolicy) {
    container.imagePullPolicy = defaultPullPolicy(container.image ?? "");
  }
}
