// The services of an etcd member in the form that gRPC servers take: paths,
// codecs and handlers. Which methods there are and how their messages are
// coded; what they do is in member_api.ts.

import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import { Code, EtcdError, noLeader } from "./errors.ts";
import type { MemberApi } from "./member_api.ts";
import * as cluster from "./proto/cluster_messages.ts";
import * as kv from "./proto/kv_messages.ts";
import * as lease from "./proto/lease_messages.ts";
import type { MessageType } from "./proto/message.ts";
import { WatchStream } from "./watch_stream.ts";

/** A service and who implements it. */
export interface Service {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** An error as gRPC servers want it. */
function grpcError(error: unknown): { code: number; details: string } {
  if (error instanceof EtcdError) return { code: error.code, details: error.message };
  const details = error instanceof Error ? error.message : String(error);
  return { code: Code.internal, details };
}

/** Told when a unary call begins; what it answers is called when the call ends. */
export type CallObserver = (method: string) => () => void;

/** Collects the methods of one service. */
class ServiceBuilder implements Service {
  readonly definition: Record<string, ServiceDefinition[string]> = {};
  readonly implementation: UntypedServiceImplementation = {};
  readonly #name: string;
  readonly #observe: CallObserver | undefined;

  constructor(name: string, observe: CallObserver | undefined) {
    this.#name = name;
    this.#observe = observe;
  }

  #define<Q, A>(
    method: string,
    request: MessageType<Q>,
    answer: MessageType<A>,
    streams: { request?: boolean; response?: boolean } = {},
  ): void {
    this.definition[method] = {
      path: `/etcdserverpb.${this.#name}/${method}`,
      originalName: method,
      requestStream: streams.request ?? false,
      responseStream: streams.response ?? false,
      requestSerialize: (value: Q) => Buffer.from(request.encode(value)),
      requestDeserialize: (bytes) => request.decode(bytes),
      responseSerialize: (value: A) => Buffer.from(answer.encode(value)),
      responseDeserialize: (bytes) => answer.decode(bytes),
    };
  }

  unary<Q, A>(
    method: string,
    request: MessageType<Q>,
    answer: MessageType<A>,
    handle: (request: Q) => A,
  ): this {
    this.#define(method, request, answer);
    const call: handleUnaryCall<Q, A> = (call, done) => {
      const ended = this.#observe?.(method);
      try {
        done(null, handle(call.request));
      } catch (error) {
        done(grpcError(error));
      }
      ended?.();
    };
    this.implementation[method] = call as handleUnaryCall<unknown, unknown>;
    return this;
  }

  serverStream<Q, A>(
    method: string,
    request: MessageType<Q>,
    answer: MessageType<A>,
    handle: handleServerStreamingCall<Q, A>,
  ): this {
    this.#define(method, request, answer, { response: true });
    this.implementation[method] = handle as handleServerStreamingCall<unknown, unknown>;
    return this;
  }

  bidiStream<Q, A>(
    method: string,
    request: MessageType<Q>,
    answer: MessageType<A>,
    handle: handleBidiStreamingCall<Q, A>,
  ): this {
    this.#define(method, request, answer, { request: true, response: true });
    this.implementation[method] = handle as handleBidiStreamingCall<unknown, unknown>;
    return this;
  }
}

/** The services of a member. */
export function memberServices(api: MemberApi, observe?: CallObserver): Service[] {
  return [
    kvService(api, observe),
    watchService(api, observe),
    leaseService(api, observe),
    clusterService(api, observe),
    maintenanceService(api, observe),
    authService(api, observe),
  ];
}

function kvService(api: MemberApi, observe?: CallObserver): Service {
  return new ServiceBuilder("KV", observe)
    .unary("Range", kv.RangeRequest, kv.RangeResponse, (request) => api.range(request))
    .unary("Put", kv.PutRequest, kv.PutResponse, (request) => api.put(request))
    .unary(
      "DeleteRange",
      kv.DeleteRangeRequest,
      kv.DeleteRangeResponse,
      (request) => api.deleteRange(request),
    )
    .unary("Txn", kv.TxnRequest, kv.TxnResponse, (request) => api.txn(request))
    .unary("Compact", kv.CompactionRequest, kv.HeaderResponse, (request) => api.compact(request));
}

/** What clients say in a request's metadata when they would rather hear nothing than stale data. */
const REQUIRE_LEADER = "hasleader";

function watchService(api: MemberApi, observe?: CallObserver): Service {
  return new ServiceBuilder("Watch", observe)
    .bidiStream("Watch", kv.WatchRequest, kv.WatchResponse, (call) => {
      const requireLeader = call.metadata.get(REQUIRE_LEADER).includes("true");
      try {
        api.checkWatch(requireLeader);
      } catch (error) {
        return void call.emit("error", grpcError(error));
      }
      const stream = new WatchStream({
        store: api.cluster.store,
        clock: api.cluster.clock,
        header: () => api.header(),
        send: (response) => call.write(response),
        overrun: () =>
          call.emit("error", {
            code: Code.resourceExhausted,
            details: "etcdserver: watch stream is not read",
          }),
      });
      const forget = api.cluster.onCommit((commit) => stream.committed(commit));
      const forgetLeader = api.cluster.onChange(({ type, member }) => {
        const lost = type === "leader" && member === undefined;
        if (requireLeader && lost) call.emit("error", grpcError(noLeader()));
      });
      const stop = () => {
        forget();
        forgetLeader();
        stream.close();
      };
      call.on("data", (request: kv.WatchRequest) => stream.receive(request));
      call.on("drain", () => stream.drained());
      call.on("end", () => call.end());
      for (const event of ["end", "close", "cancelled", "error"]) call.on(event, stop);
    });
}

function leaseService(api: MemberApi, observe?: CallObserver): Service {
  return new ServiceBuilder("Lease", observe)
    .unary(
      "LeaseGrant",
      lease.LeaseGrantRequest,
      lease.LeaseResponse,
      (request) => api.leaseGrant(request),
    )
    .unary(
      "LeaseRevoke",
      lease.LeaseIdRequest,
      kv.HeaderResponse,
      (request) => api.leaseRevoke(request),
    )
    .unary(
      "LeaseTimeToLive",
      lease.LeaseTimeToLiveRequest,
      lease.LeaseTimeToLiveResponse,
      (request) => api.leaseTimeToLive(request),
    )
    .unary("LeaseLeases", cluster.Empty, lease.LeaseLeasesResponse, () => api.leaseLeases())
    .bidiStream("LeaseKeepAlive", lease.LeaseIdRequest, lease.LeaseResponse, (call) => {
      call.on("data", (request: lease.LeaseIdRequest) => {
        try {
          // Who does not read the answers is not asked for more.
          if (!call.write(api.leaseKeepAlive(request))) call.pause();
        } catch (error) {
          call.emit("error", grpcError(error));
        }
      });
      call.on("drain", () => call.resume());
      call.on("end", () => call.end());
    });
}

function clusterService(api: MemberApi, observe?: CallObserver): Service {
  const { MembersResponse, MemberIdRequest } = cluster;
  return new ServiceBuilder("Cluster", observe)
    .unary("MemberList", cluster.Empty, MembersResponse, () => api.memberList())
    .unary(
      "MemberAdd",
      cluster.MemberAddRequest,
      cluster.MemberAddResponse,
      (request) => api.memberAdd(request),
    )
    .unary("MemberRemove", MemberIdRequest, MembersResponse, (request) => api.memberRemove(request))
    .unary(
      "MemberUpdate",
      cluster.MemberUpdateRequest,
      MembersResponse,
      (request) => api.memberUpdate(request),
    )
    .unary(
      "MemberPromote",
      MemberIdRequest,
      MembersResponse,
      (request) => api.memberPromote(request),
    );
}

function maintenanceService(api: MemberApi, observe?: CallObserver): Service {
  const { HashResponse } = cluster;
  return new ServiceBuilder("Maintenance", observe)
    .unary("Status", cluster.Empty, cluster.StatusResponse, () => api.status())
    .unary("Alarm", cluster.AlarmRequest, cluster.AlarmResponse, (request) => api.alarm(request))
    .unary(
      "Downgrade",
      cluster.DowngradeRequest,
      cluster.DowngradeResponse,
      (request) => api.downgrade(request),
    )
    .unary("Defragment", cluster.Empty, kv.HeaderResponse, () => api.defragment())
    .unary("Hash", cluster.Empty, HashResponse, () => api.hash())
    .unary("HashKV", cluster.HashKVRequest, HashResponse, (request) => api.hashKV(request))
    .unary(
      "MoveLeader",
      cluster.MemberIdRequest,
      kv.HeaderResponse,
      (request) => api.moveLeader(request),
    )
    .serverStream(
      "Snapshot",
      cluster.Empty,
      cluster.SnapshotResponse,
      (call) => void sendAll(call, api.snapshot()),
    );
}

/** Sends as fast as the client reads, and no further when it leaves. */
async function sendAll<Q, A>(
  call: ServerWritableStream<Q, A>,
  messages: Iterable<A>,
): Promise<void> {
  try {
    for (const message of messages) {
      if (!call.write(message)) await readyOrLeft(call);
      if (call.cancelled) return;
    }
    call.end();
  } catch (error) {
    call.emit("error", grpcError(error));
  }
}

function readyOrLeft<Q, A>(call: ServerWritableStream<Q, A>): Promise<void> {
  return new Promise((resolve) => {
    const events = ["drain", "cancelled", "close", "error"];
    const done = () => {
      for (const event of events) call.off(event, done);
      resolve();
    };
    if (call.cancelled) return resolve();
    for (const event of events) call.on(event, done);
  });
}

const OF_USERS = ["Get", "Delete", "ChangePassword", "GrantRole", "RevokeRole"];
const OF_ROLES = ["Get", "Delete", "GrantPermission", "RevokePermission"];

// There are no users, and so no roles and nothing to turn on. None can be added: that is not implemented.
function authService(api: MemberApi, observe: CallObserver | undefined): Service {
  const { AuthStatusResponse, Empty, NamesResponse } = cluster;
  const service = new ServiceBuilder("Auth", observe)
    .unary("AuthStatus", Empty, AuthStatusResponse, () => api.authStatus())
    .unary("AuthEnable", Empty, kv.HeaderResponse, () => api.authEnable())
    .unary("AuthDisable", Empty, kv.HeaderResponse, () => api.authDisable())
    .unary("Authenticate", Empty, kv.HeaderResponse, () => api.authenticate())
    .unary("UserList", Empty, NamesResponse, () => api.names())
    .unary("RoleList", Empty, NamesResponse, () => api.names());
  for (const act of OF_USERS) {
    service.unary(`User${act}`, Empty, kv.HeaderResponse, () => api.user());
  }
  for (const act of OF_ROLES) {
    service.unary(`Role${act}`, Empty, kv.HeaderResponse, () => api.role());
  }
  return service;
}
