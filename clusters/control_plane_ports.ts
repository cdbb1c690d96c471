// What listens in the pods of a fake control plane: etcd's members with
// certificates of the cluster's etcd authority, and the API server. The
// state behind them is etcd's own and the cluster's; no socket is opened.

import type { Duplex } from "node:stream";
import { connectedPair, type PodPorts } from "../apiserver/tunnel/mod.ts";
import type { Address } from "./shared_addresses.ts";
import type { EtcdMemberSpec } from "../controllers/provider/host.ts";
import type { CallObserver } from "../etcd/grpc_services.ts";
import { hasLeases } from "../etcd/etcd_journal.ts";
import { hasRecordedMembers, RecordedEtcd } from "../etcd/recorded_etcd.ts";
import type { MemberTls } from "../etcd/grpc_server.ts";
import type { Client } from "../runtime/client.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import type { KubeObject } from "../runtime/object.ts";
import { checkAuthority, issueCertificate, type KeyPair } from "../runtime/pki/mod.ts";
import type { Random } from "../runtime/random.ts";
import type { Buckets } from "../runtime/store/buckets.ts";

/** Options of {@linkcode ControlPlanePorts}. */
export interface ControlPlanePortsOptions {
  /** Dates elections and certificates, and times leases. */
  readonly clock: Clock;
  /** Draws ids. */
  readonly random: Random;
  /** Where trouble is told. */
  readonly logger: Logger;
  /** The cluster. */
  client(): Client;
  /** Where its API server listens. */
  listener(): Promise<Pick<Address, "accept">> | undefined;
  /** Where etcd's data is kept that is to outlive the process. Default: nowhere. */
  readonly etcdData?: Buckets;
  /** Told of calls to etcd members. */
  readonly observeEtcd?: CallObserver;
  /** Whether the machine runs one. */
  runsApiServer(machine: string): boolean;
}

/** A member that runs. */
interface RunningMember {
  readonly spec: EtcdMemberSpec;
  readonly authority: KeyPair;
  /** Made for the first client, and anew for the first one after its renewal is due. */
  tls: MemberTls | undefined;
  renewal_ms: number;
}

const NAMESPACE = "kube-system";
const ETCD_PORT = 2379;
// Certificates are good for a year; nobody is to meet one in its last months.
const RENEWAL_MS = 240 * 86_400_000;
const API_SERVER_PORT = 6443;
// What TLS still has to say to a client that has hung up is nothing to it. kubectl before 1.32 would not even read
// it, and would read nothing else of that tunnel either.
const TLS_ENDS = { halfOpen: false };

/** The ports of one cluster's control plane. */
export class ControlPlanePorts implements PodPorts {
  readonly #options: ControlPlanePortsOptions;
  readonly #members = new Map<string, RunningMember>();
  /** Made for the first client: most etcds never see one. */
  #etcd: RecordedEtcd | undefined;

  /** Nothing listens yet. */
  constructor(options: ControlPlanePortsOptions) {
    this.#options = options;
  }

  /** The machines that run an etcd member. */
  get members(): string[] {
    return [...this.#members.keys()];
  }

  /** An etcd member runs. */
  addEtcdMember(authority: KeyPair, spec: EtcdMemberSpec): void {
    const present = this.#members.get(spec.machine);
    if (
      present?.spec.memberId === spec.memberId &&
      present.authority.certificate === authority.certificate &&
      present.authority.key === authority.key
    ) return;
    const member: RunningMember = { spec, authority, tls: undefined, renewal_ms: 0 };
    checkAuthority(authority);
    this.#members.set(spec.machine, member);
    if (present !== undefined) this.#etcd?.disconnect(spec.machine);
    // Leases of an earlier process run out whether anybody asks or not.
    if (hasLeases(this.#options.etcdData)) this.#etcd ??= this.#startEtcd(spec);
  }

  /** An etcd member does not run any more. */
  async removeEtcdMember(machine: string): Promise<void> {
    this.#members.delete(machine);
    if (this.#members.size > 0) return;
    this.#etcd?.disconnect(machine);
    const { client, etcdData } = this.#options;
    // Those of an earlier process may be yet to start again, or be taken down without that.
    if (etcdData !== undefined && await hasRecordedMembers(client(), machine)) return;
    if (this.#members.size > 0) return;
    // The data goes with the last member, before another can begin with it.
    const ended = this.#etcd?.close();
    this.#etcd = undefined;
    etcdData?.clear();
    await ended;
  }

  /** Connects to a port of a pod. Pods of the host's network see all ports of their machine. */
  async dial(pod: KubeObject, port: number): Promise<Duplex | undefined> {
    const { namespace, name = "" } = pod.metadata;
    const machine = pod.spec?.nodeName as string;
    if (pod.spec?.hostNetwork !== true) return undefined;
    // Only what the machine itself runs is there, whoever claims to be on it.
    if (namespace === NAMESPACE && port === ETCD_PORT && name === `etcd-${machine}`) {
      return await this.#dialEtcd(machine);
    }
    if (port === API_SERVER_PORT && this.#options.runsApiServer(machine)) {
      const listener = await this.#options.listener();
      if (listener === undefined) return undefined;
      const [near, far] = connectedPair(TLS_ENDS);
      listener.accept(far);
      return near;
    }
    return undefined;
  }

  async #dialEtcd(machine: string): Promise<Duplex | undefined> {
    const member = this.#members.get(machine);
    if (member === undefined) return undefined;
    const etcd = this.#etcd ??= this.#startEtcd(member.spec);
    const tls = this.#certificatesOf(member);
    let server = etcd.serverOf(machine, tls);
    if (server === undefined) {
      await etcd.synchronize();
      server = etcd.serverOf(machine, tls);
    }
    if (server === undefined) return undefined;
    const [near, far] = connectedPair(TLS_ENDS);
    await server.serve(far);
    return near;
  }

  #startEtcd({ clusterId }: EtcdMemberSpec): RecordedEtcd {
    const { clock, random, logger, client, observeEtcd, etcdData } = this.#options;
    const observe = observeEtcd === undefined ? {} : { observe: observeEtcd };
    const data = etcdData === undefined ? {} : { data: etcdData };
    return new RecordedEtcd(
      { client: client(), clock, random, logger, ...observe, ...data },
      BigInt(clusterId),
    );
  }

  #certificatesOf(member: RunningMember): MemberTls {
    const now_ms = this.#options.clock.now();
    if (member.tls === undefined || now_ms >= member.renewal_ms) {
      member.tls = this.#issue(member);
      member.renewal_ms = now_ms + RENEWAL_MS;
    }
    return member.tls;
  }

  #issue({ spec: { machine }, authority }: RunningMember): MemberTls {
    const { certificate, key } = issueCertificate(authority, {
      commonName: machine,
      dnsNames: ["localhost", machine, `etcd-${machine}`],
      ipAddresses: ["127.0.0.1", "::1"],
      usages: ["client", "server"],
      now_ms: this.#options.clock.now(),
    });
    return { authority: authority.certificate, certificate, key };
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#members.clear();
    await this.#etcd?.close();
    this.#etcd = undefined;
  }
}
