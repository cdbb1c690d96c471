// Where a cluster's services have their addresses from, when that is another
// range than the one clusters start with: what `--service-cluster-ip-range`
// says. Only for clusters that nobody has used yet. Source: kube-apiserver's
// default ServiceCIDR and its reconciler of the Service `kubernetes`.

import type { KubeObject } from "../runtime/object.ts";
import type { Store } from "../runtime/store/types.ts";
import { firstAddress } from "./kinds/cluster_ip_claims.ts";

const RANGES = "networking.k8s.io/servicecidrs";
const ADDRESSES = "networking.k8s.io/ipaddresses";
const SERVICES = "/services";
const RANGE = "kubernetes";
const SERVICE = "default/kubernetes";

/** Makes these the cluster's ranges, the default one first. What is no range is left out. */
export function setServiceRanges(store: Store, ranges: readonly string[]): void {
  const known = ranges.filter((text) => firstAddress(text) !== undefined);
  const first = firstAddress(known[0] ?? "");
  const range = store.get(RANGES, RANGE)?.object;
  const service = store.get(SERVICES, SERVICE)?.object;
  if (first === undefined || range === undefined || service === undefined) return;
  const { address, family } = first;
  const before: string = service.spec?.clusterIP ?? "";
  if (address === before && known.length === 1) return;
  store.put(RANGES, RANGE, { ...range, spec: { ...range.spec, cidrs: known } });
  const spec = { ...service.spec, clusterIP: address, clusterIPs: [address], ipFamilies: [family] };
  store.put(SERVICES, SERVICE, { ...service, spec });
  const claim = store.get(ADDRESSES, before)?.object;
  if (claim === undefined) return;
  store.remove(ADDRESSES, before);
  store.put(ADDRESSES, address, renamed(claim, address, family));
}

function renamed(claim: KubeObject, name: string, family: string): KubeObject {
  const labels = { ...claim.metadata.labels, "ipaddress.kubernetes.io/ip-family": family };
  return { ...claim, metadata: { ...claim.metadata, name, labels } };
}
