// Made from proto/gobgp-v3.proto by proto/generate.ts. Do not edit.
import { BinaryReader, BinaryWriter } from 'google-protobuf';
import type { ServiceDefinition } from '@grpc/grpc-js';

/** What may be written of a message: every field may be left out and then has its default. */
export type Init<M> = M extends Uint8Array ? M : M extends readonly (infer E)[] ? readonly Init<E>[] : M extends object ? { readonly [K in keyof M]?: Init<M[K]> | undefined } : M;

export interface Codec<M> { encode(m: Init<M>, w?: BinaryWriter): BinaryWriter; decode(r: BinaryReader): M }

// google-protobuf 4 reads packed and unpacked fields by one call, which its published types do not know yet.
declare module 'google-protobuf' { interface BinaryReader { readPackableUint32Into(into: number[]): void } }

export const toBytes = <M>(codec: Codec<M>, m: Init<M>): Uint8Array => codec.encode(m).getResultBuffer() as Uint8Array;
export const fromBytes = <M>(codec: Codec<M>, bytes: Uint8Array): M => codec.decode(new BinaryReader(bytes));

export const TableType = { GLOBAL: 0, LOCAL: 1, ADJ_IN: 2, ADJ_OUT: 3 } as const;

export const DefinedType = { PREFIX: 0, NEIGHBOR: 1, COMMUNITY: 4 } as const;

export const RouteAction = { NONE: 0, ACCEPT: 1, REJECT: 2 } as const;

export const PolicyDirection = { UNKNOWN: 0, IMPORT: 1, EXPORT: 2 } as const;

export interface Empty {  }
export const Empty: Codec<Empty> = {
  encode(_m, w = new BinaryWriter()) {
    return w;
  },
  decode(r) {
    const m: Empty = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface Any { typeUrl: string; value: Uint8Array; }
export const Any: Codec<Any> = {
  encode(m, w = new BinaryWriter()) {
    if (m.typeUrl) w.writeString(1, m.typeUrl);
    if (m.value?.length) w.writeBytes(2, m.value);
    return w;
  },
  decode(r) {
    const m: Any = { typeUrl: '', value: new Uint8Array() };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.typeUrl = r.readString(); break;
        case 2: m.value = r.readBytes() as Uint8Array; break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface StartBgpRequest { global?: Global; }
export const StartBgpRequest: Codec<StartBgpRequest> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.global; if (v !== undefined) w.writeMessage(1, v, (part: Init<Global>, w2: BinaryWriter) => void Global.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: StartBgpRequest = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.global = Global.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface GetBgpRequest {  }
export const GetBgpRequest: Codec<GetBgpRequest> = {
  encode(_m, w = new BinaryWriter()) {
    return w;
  },
  decode(r) {
    const m: GetBgpRequest = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface GetBgpResponse { global?: Global; }
export const GetBgpResponse: Codec<GetBgpResponse> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.global; if (v !== undefined) w.writeMessage(1, v, (part: Init<Global>, w2: BinaryWriter) => void Global.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: GetBgpResponse = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.global = Global.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface Global { asn: number; routerId: string; listenPort: number; listenAddresses: string[]; }
export const Global: Codec<Global> = {
  encode(m, w = new BinaryWriter()) {
    if (m.asn) w.writeUint32(1, m.asn);
    if (m.routerId) w.writeString(2, m.routerId);
    if (m.listenPort) w.writeInt32(3, m.listenPort);
    if (m.listenAddresses?.length) w.writeRepeatedString(4, [...m.listenAddresses]);
    return w;
  },
  decode(r) {
    const m: Global = { asn: 0, routerId: '', listenPort: 0, listenAddresses: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.asn = r.readUint32(); break;
        case 2: m.routerId = r.readString(); break;
        case 3: m.listenPort = r.readInt32(); break;
        case 4: m.listenAddresses.push(r.readString()); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface WatchEventRequest_Peer {  }
export const WatchEventRequest_Peer: Codec<WatchEventRequest_Peer> = {
  encode(_m, w = new BinaryWriter()) {
    return w;
  },
  decode(r) {
    const m: WatchEventRequest_Peer = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        default: r.skipField();
      }
    }
    return m;
  },
};

export const WatchEventRequest_Table_Filter_Type = { BEST: 0, ADJIN: 1, POST_POLICY: 2 } as const;

export interface WatchEventRequest_Table_Filter { type: number; init: boolean; }
export const WatchEventRequest_Table_Filter: Codec<WatchEventRequest_Table_Filter> = {
  encode(m, w = new BinaryWriter()) {
    if (m.type) w.writeEnum(1, m.type);
    if (m.init) w.writeBool(2, m.init);
    return w;
  },
  decode(r) {
    const m: WatchEventRequest_Table_Filter = { type: 0, init: false };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.type = r.readEnum(); break;
        case 2: m.init = r.readBool(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface WatchEventRequest_Table { filters: WatchEventRequest_Table_Filter[]; }
export const WatchEventRequest_Table: Codec<WatchEventRequest_Table> = {
  encode(m, w = new BinaryWriter()) {
    for (const v of m.filters ?? []) w.writeMessage(1, v, (part: Init<WatchEventRequest_Table_Filter>, w2: BinaryWriter) => void WatchEventRequest_Table_Filter.encode(part, w2));
    return w;
  },
  decode(r) {
    const m: WatchEventRequest_Table = { filters: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.filters.push(WatchEventRequest_Table_Filter.decode(r2)); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface WatchEventRequest { peer?: WatchEventRequest_Peer; table?: WatchEventRequest_Table; }
export const WatchEventRequest: Codec<WatchEventRequest> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.peer; if (v !== undefined) w.writeMessage(1, v, (part: Init<WatchEventRequest_Peer>, w2: BinaryWriter) => void WatchEventRequest_Peer.encode(part, w2)); }
    { const v = m.table; if (v !== undefined) w.writeMessage(2, v, (part: Init<WatchEventRequest_Table>, w2: BinaryWriter) => void WatchEventRequest_Table.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: WatchEventRequest = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.peer = WatchEventRequest_Peer.decode(r2); }); break;
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.table = WatchEventRequest_Table.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface WatchEventResponse_PeerEvent { peer?: Peer; }
export const WatchEventResponse_PeerEvent: Codec<WatchEventResponse_PeerEvent> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.peer; if (v !== undefined) w.writeMessage(2, v, (part: Init<Peer>, w2: BinaryWriter) => void Peer.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: WatchEventResponse_PeerEvent = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.peer = Peer.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface WatchEventResponse_TableEvent { paths: Path[]; }
export const WatchEventResponse_TableEvent: Codec<WatchEventResponse_TableEvent> = {
  encode(m, w = new BinaryWriter()) {
    for (const v of m.paths ?? []) w.writeMessage(2, v, (part: Init<Path>, w2: BinaryWriter) => void Path.encode(part, w2));
    return w;
  },
  decode(r) {
    const m: WatchEventResponse_TableEvent = { paths: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.paths.push(Path.decode(r2)); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface WatchEventResponse { peer?: WatchEventResponse_PeerEvent; table?: WatchEventResponse_TableEvent; }
export const WatchEventResponse: Codec<WatchEventResponse> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.peer; if (v !== undefined) w.writeMessage(2, v, (part: Init<WatchEventResponse_PeerEvent>, w2: BinaryWriter) => void WatchEventResponse_PeerEvent.encode(part, w2)); }
    { const v = m.table; if (v !== undefined) w.writeMessage(3, v, (part: Init<WatchEventResponse_TableEvent>, w2: BinaryWriter) => void WatchEventResponse_TableEvent.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: WatchEventResponse = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.peer = WatchEventResponse_PeerEvent.decode(r2); }); break;
        case 3: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.table = WatchEventResponse_TableEvent.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface AddPeerRequest { peer?: Peer; }
export const AddPeerRequest: Codec<AddPeerRequest> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.peer; if (v !== undefined) w.writeMessage(1, v, (part: Init<Peer>, w2: BinaryWriter) => void Peer.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: AddPeerRequest = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.peer = Peer.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface DeletePeerRequest { address: string; }
export const DeletePeerRequest: Codec<DeletePeerRequest> = {
  encode(m, w = new BinaryWriter()) {
    if (m.address) w.writeString(1, m.address);
    return w;
  },
  decode(r) {
    const m: DeletePeerRequest = { address: '' };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.address = r.readString(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface UpdatePeerRequest { peer?: Peer; }
export const UpdatePeerRequest: Codec<UpdatePeerRequest> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.peer; if (v !== undefined) w.writeMessage(1, v, (part: Init<Peer>, w2: BinaryWriter) => void Peer.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: UpdatePeerRequest = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.peer = Peer.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface UpdatePeerResponse { needsSoftResetIn: boolean; }
export const UpdatePeerResponse: Codec<UpdatePeerResponse> = {
  encode(m, w = new BinaryWriter()) {
    if (m.needsSoftResetIn) w.writeBool(1, m.needsSoftResetIn);
    return w;
  },
  decode(r) {
    const m: UpdatePeerResponse = { needsSoftResetIn: false };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.needsSoftResetIn = r.readBool(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface ListPeerRequest { address: string; }
export const ListPeerRequest: Codec<ListPeerRequest> = {
  encode(m, w = new BinaryWriter()) {
    if (m.address) w.writeString(1, m.address);
    return w;
  },
  decode(r) {
    const m: ListPeerRequest = { address: '' };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.address = r.readString(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface ListPeerResponse { peer?: Peer; }
export const ListPeerResponse: Codec<ListPeerResponse> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.peer; if (v !== undefined) w.writeMessage(1, v, (part: Init<Peer>, w2: BinaryWriter) => void Peer.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: ListPeerResponse = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.peer = Peer.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export const ResetPeerRequest_SoftResetDirection = { IN: 0, OUT: 1, BOTH: 2 } as const;

export interface ResetPeerRequest { address: string; soft: boolean; direction: number; }
export const ResetPeerRequest: Codec<ResetPeerRequest> = {
  encode(m, w = new BinaryWriter()) {
    if (m.address) w.writeString(1, m.address);
    if (m.soft) w.writeBool(3, m.soft);
    if (m.direction) w.writeEnum(4, m.direction);
    return w;
  },
  decode(r) {
    const m: ResetPeerRequest = { address: '', soft: false, direction: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.address = r.readString(); break;
        case 3: m.soft = r.readBool(); break;
        case 4: m.direction = r.readEnum(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface Peer { conf?: PeerConf; ebgpMultihop?: EbgpMultihop; state?: PeerState; timers?: Timers; transport?: Transport; gracefulRestart?: GracefulRestart; afiSafis: AfiSafi[]; ttlSecurity?: TtlSecurity; }
export const Peer: Codec<Peer> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.conf; if (v !== undefined) w.writeMessage(2, v, (part: Init<PeerConf>, w2: BinaryWriter) => void PeerConf.encode(part, w2)); }
    { const v = m.ebgpMultihop; if (v !== undefined) w.writeMessage(3, v, (part: Init<EbgpMultihop>, w2: BinaryWriter) => void EbgpMultihop.encode(part, w2)); }
    { const v = m.state; if (v !== undefined) w.writeMessage(5, v, (part: Init<PeerState>, w2: BinaryWriter) => void PeerState.encode(part, w2)); }
    { const v = m.timers; if (v !== undefined) w.writeMessage(6, v, (part: Init<Timers>, w2: BinaryWriter) => void Timers.encode(part, w2)); }
    { const v = m.transport; if (v !== undefined) w.writeMessage(7, v, (part: Init<Transport>, w2: BinaryWriter) => void Transport.encode(part, w2)); }
    { const v = m.gracefulRestart; if (v !== undefined) w.writeMessage(9, v, (part: Init<GracefulRestart>, w2: BinaryWriter) => void GracefulRestart.encode(part, w2)); }
    for (const v of m.afiSafis ?? []) w.writeMessage(10, v, (part: Init<AfiSafi>, w2: BinaryWriter) => void AfiSafi.encode(part, w2));
    { const v = m.ttlSecurity; if (v !== undefined) w.writeMessage(11, v, (part: Init<TtlSecurity>, w2: BinaryWriter) => void TtlSecurity.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: Peer = { afiSafis: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.conf = PeerConf.decode(r2); }); break;
        case 3: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.ebgpMultihop = EbgpMultihop.decode(r2); }); break;
        case 5: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.state = PeerState.decode(r2); }); break;
        case 6: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.timers = Timers.decode(r2); }); break;
        case 7: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.transport = Transport.decode(r2); }); break;
        case 9: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.gracefulRestart = GracefulRestart.decode(r2); }); break;
        case 10: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.afiSafis.push(AfiSafi.decode(r2)); }); break;
        case 11: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.ttlSecurity = TtlSecurity.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface PeerConf { authPassword: string; neighborAddress: string; peerAsn: number; }
export const PeerConf: Codec<PeerConf> = {
  encode(m, w = new BinaryWriter()) {
    if (m.authPassword) w.writeString(1, m.authPassword);
    if (m.neighborAddress) w.writeString(4, m.neighborAddress);
    if (m.peerAsn) w.writeUint32(5, m.peerAsn);
    return w;
  },
  decode(r) {
    const m: PeerConf = { authPassword: '', neighborAddress: '', peerAsn: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.authPassword = r.readString(); break;
        case 4: m.neighborAddress = r.readString(); break;
        case 5: m.peerAsn = r.readUint32(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface EbgpMultihop { enabled: boolean; multihopTtl: number; }
export const EbgpMultihop: Codec<EbgpMultihop> = {
  encode(m, w = new BinaryWriter()) {
    if (m.enabled) w.writeBool(1, m.enabled);
    if (m.multihopTtl) w.writeUint32(2, m.multihopTtl);
    return w;
  },
  decode(r) {
    const m: EbgpMultihop = { enabled: false, multihopTtl: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.enabled = r.readBool(); break;
        case 2: m.multihopTtl = r.readUint32(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface TtlSecurity { enabled: boolean; ttlMin: number; }
export const TtlSecurity: Codec<TtlSecurity> = {
  encode(m, w = new BinaryWriter()) {
    if (m.enabled) w.writeBool(1, m.enabled);
    if (m.ttlMin) w.writeUint32(2, m.ttlMin);
    return w;
  },
  decode(r) {
    const m: TtlSecurity = { enabled: false, ttlMin: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.enabled = r.readBool(); break;
        case 2: m.ttlMin = r.readUint32(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export const PeerState_SessionState = { UNKNOWN: 0, IDLE: 1, CONNECT: 2, ACTIVE: 3, OPENSENT: 4, OPENCONFIRM: 5, ESTABLISHED: 6 } as const;

export interface PeerState { neighborAddress: string; peerAsn: number; sessionState: number; }
export const PeerState: Codec<PeerState> = {
  encode(m, w = new BinaryWriter()) {
    if (m.neighborAddress) w.writeString(5, m.neighborAddress);
    if (m.peerAsn) w.writeUint32(6, m.peerAsn);
    if (m.sessionState) w.writeEnum(13, m.sessionState);
    return w;
  },
  decode(r) {
    const m: PeerState = { neighborAddress: '', peerAsn: 0, sessionState: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 5: m.neighborAddress = r.readString(); break;
        case 6: m.peerAsn = r.readUint32(); break;
        case 13: m.sessionState = r.readEnum(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface Timers { config?: TimersConfig; }
export const Timers: Codec<Timers> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.config; if (v !== undefined) w.writeMessage(1, v, (part: Init<TimersConfig>, w2: BinaryWriter) => void TimersConfig.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: Timers = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.config = TimersConfig.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface TimersConfig { connectRetry: number; holdTime: number; keepaliveInterval: number; idleHoldTimeAfterReset: number; }
export const TimersConfig: Codec<TimersConfig> = {
  encode(m, w = new BinaryWriter()) {
    if (m.connectRetry) w.writeUint64(1, m.connectRetry);
    if (m.holdTime) w.writeUint64(2, m.holdTime);
    if (m.keepaliveInterval) w.writeUint64(3, m.keepaliveInterval);
    if (m.idleHoldTimeAfterReset) w.writeUint64(5, m.idleHoldTimeAfterReset);
    return w;
  },
  decode(r) {
    const m: TimersConfig = { connectRetry: 0, holdTime: 0, keepaliveInterval: 0, idleHoldTimeAfterReset: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.connectRetry = r.readUint64(); break;
        case 2: m.holdTime = r.readUint64(); break;
        case 3: m.keepaliveInterval = r.readUint64(); break;
        case 5: m.idleHoldTimeAfterReset = r.readUint64(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface Transport { localAddress: string; passiveMode: boolean; remotePort: number; }
export const Transport: Codec<Transport> = {
  encode(m, w = new BinaryWriter()) {
    if (m.localAddress) w.writeString(1, m.localAddress);
    if (m.passiveMode) w.writeBool(4, m.passiveMode);
    if (m.remotePort) w.writeUint32(6, m.remotePort);
    return w;
  },
  decode(r) {
    const m: Transport = { localAddress: '', passiveMode: false, remotePort: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.localAddress = r.readString(); break;
        case 4: m.passiveMode = r.readBool(); break;
        case 6: m.remotePort = r.readUint32(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface GracefulRestart { enabled: boolean; restartTime: number; }
export const GracefulRestart: Codec<GracefulRestart> = {
  encode(m, w = new BinaryWriter()) {
    if (m.enabled) w.writeBool(1, m.enabled);
    if (m.restartTime) w.writeUint32(2, m.restartTime);
    return w;
  },
  decode(r) {
    const m: GracefulRestart = { enabled: false, restartTime: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.enabled = r.readBool(); break;
        case 2: m.restartTime = r.readUint32(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface MpGracefulRestartConfig { enabled: boolean; }
export const MpGracefulRestartConfig: Codec<MpGracefulRestartConfig> = {
  encode(m, w = new BinaryWriter()) {
    if (m.enabled) w.writeBool(1, m.enabled);
    return w;
  },
  decode(r) {
    const m: MpGracefulRestartConfig = { enabled: false };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.enabled = r.readBool(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface MpGracefulRestart { config?: MpGracefulRestartConfig; }
export const MpGracefulRestart: Codec<MpGracefulRestart> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.config; if (v !== undefined) w.writeMessage(1, v, (part: Init<MpGracefulRestartConfig>, w2: BinaryWriter) => void MpGracefulRestartConfig.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: MpGracefulRestart = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.config = MpGracefulRestartConfig.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface AfiSafi { mpGracefulRestart?: MpGracefulRestart; config?: AfiSafiConfig; }
export const AfiSafi: Codec<AfiSafi> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.mpGracefulRestart; if (v !== undefined) w.writeMessage(1, v, (part: Init<MpGracefulRestart>, w2: BinaryWriter) => void MpGracefulRestart.encode(part, w2)); }
    { const v = m.config; if (v !== undefined) w.writeMessage(2, v, (part: Init<AfiSafiConfig>, w2: BinaryWriter) => void AfiSafiConfig.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: AfiSafi = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.mpGracefulRestart = MpGracefulRestart.decode(r2); }); break;
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.config = AfiSafiConfig.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface AfiSafiConfig { family?: Family; enabled: boolean; }
export const AfiSafiConfig: Codec<AfiSafiConfig> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.family; if (v !== undefined) w.writeMessage(1, v, (part: Init<Family>, w2: BinaryWriter) => void Family.encode(part, w2)); }
    if (m.enabled) w.writeBool(2, m.enabled);
    return w;
  },
  decode(r) {
    const m: AfiSafiConfig = { enabled: false };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.family = Family.decode(r2); }); break;
        case 2: m.enabled = r.readBool(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface AddPathRequest { tableType: number; path?: Path; }
export const AddPathRequest: Codec<AddPathRequest> = {
  encode(m, w = new BinaryWriter()) {
    if (m.tableType) w.writeEnum(1, m.tableType);
    { const v = m.path; if (v !== undefined) w.writeMessage(3, v, (part: Init<Path>, w2: BinaryWriter) => void Path.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: AddPathRequest = { tableType: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.tableType = r.readEnum(); break;
        case 3: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.path = Path.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface AddPathResponse { uuid: Uint8Array; }
export const AddPathResponse: Codec<AddPathResponse> = {
  encode(m, w = new BinaryWriter()) {
    if (m.uuid?.length) w.writeBytes(1, m.uuid);
    return w;
  },
  decode(r) {
    const m: AddPathResponse = { uuid: new Uint8Array() };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.uuid = r.readBytes() as Uint8Array; break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface DeletePathRequest { tableType: number; family?: Family; path?: Path; }
export const DeletePathRequest: Codec<DeletePathRequest> = {
  encode(m, w = new BinaryWriter()) {
    if (m.tableType) w.writeEnum(1, m.tableType);
    { const v = m.family; if (v !== undefined) w.writeMessage(3, v, (part: Init<Family>, w2: BinaryWriter) => void Family.encode(part, w2)); }
    { const v = m.path; if (v !== undefined) w.writeMessage(4, v, (part: Init<Path>, w2: BinaryWriter) => void Path.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: DeletePathRequest = { tableType: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.tableType = r.readEnum(); break;
        case 3: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.family = Family.decode(r2); }); break;
        case 4: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.path = Path.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface ListPathRequest { tableType: number; name: string; family?: Family; }
export const ListPathRequest: Codec<ListPathRequest> = {
  encode(m, w = new BinaryWriter()) {
    if (m.tableType) w.writeEnum(1, m.tableType);
    if (m.name) w.writeString(2, m.name);
    { const v = m.family; if (v !== undefined) w.writeMessage(3, v, (part: Init<Family>, w2: BinaryWriter) => void Family.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: ListPathRequest = { tableType: 0, name: '' };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.tableType = r.readEnum(); break;
        case 2: m.name = r.readString(); break;
        case 3: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.family = Family.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface ListPathResponse { destination?: Destination; }
export const ListPathResponse: Codec<ListPathResponse> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.destination; if (v !== undefined) w.writeMessage(1, v, (part: Init<Destination>, w2: BinaryWriter) => void Destination.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: ListPathResponse = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.destination = Destination.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface Destination { prefix: string; paths: Path[]; }
export const Destination: Codec<Destination> = {
  encode(m, w = new BinaryWriter()) {
    if (m.prefix) w.writeString(1, m.prefix);
    for (const v of m.paths ?? []) w.writeMessage(2, v, (part: Init<Path>, w2: BinaryWriter) => void Path.encode(part, w2));
    return w;
  },
  decode(r) {
    const m: Destination = { prefix: '', paths: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.prefix = r.readString(); break;
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.paths.push(Path.decode(r2)); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export const Family_Afi = { AFI_UNKNOWN: 0, AFI_IP: 1, AFI_IP6: 2 } as const;

export const Family_Safi = { SAFI_UNKNOWN: 0, SAFI_UNICAST: 1 } as const;

export interface Family { afi: number; safi: number; }
export const Family: Codec<Family> = {
  encode(m, w = new BinaryWriter()) {
    if (m.afi) w.writeEnum(1, m.afi);
    if (m.safi) w.writeEnum(2, m.safi);
    return w;
  },
  decode(r) {
    const m: Family = { afi: 0, safi: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.afi = r.readEnum(); break;
        case 2: m.safi = r.readEnum(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface Path { nlri?: Any; pattrs: Any[]; isWithdraw: boolean; family?: Family; neighborIp: string; }
export const Path: Codec<Path> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.nlri; if (v !== undefined) w.writeMessage(1, v, (part: Init<Any>, w2: BinaryWriter) => void Any.encode(part, w2)); }
    for (const v of m.pattrs ?? []) w.writeMessage(2, v, (part: Init<Any>, w2: BinaryWriter) => void Any.encode(part, w2));
    if (m.isWithdraw) w.writeBool(5, m.isWithdraw);
    { const v = m.family; if (v !== undefined) w.writeMessage(9, v, (part: Init<Family>, w2: BinaryWriter) => void Family.encode(part, w2)); }
    if (m.neighborIp) w.writeString(15, m.neighborIp);
    return w;
  },
  decode(r) {
    const m: Path = { pattrs: [], isWithdraw: false, neighborIp: '' };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.nlri = Any.decode(r2); }); break;
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.pattrs.push(Any.decode(r2)); }); break;
        case 5: m.isWithdraw = r.readBool(); break;
        case 9: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.family = Family.decode(r2); }); break;
        case 15: m.neighborIp = r.readString(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface IPAddressPrefix { prefixLen: number; prefix: string; }
export const IPAddressPrefix: Codec<IPAddressPrefix> = {
  encode(m, w = new BinaryWriter()) {
    if (m.prefixLen) w.writeUint32(1, m.prefixLen);
    if (m.prefix) w.writeString(2, m.prefix);
    return w;
  },
  decode(r) {
    const m: IPAddressPrefix = { prefixLen: 0, prefix: '' };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.prefixLen = r.readUint32(); break;
        case 2: m.prefix = r.readString(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface OriginAttribute { origin: number; }
export const OriginAttribute: Codec<OriginAttribute> = {
  encode(m, w = new BinaryWriter()) {
    if (m.origin) w.writeUint32(1, m.origin);
    return w;
  },
  decode(r) {
    const m: OriginAttribute = { origin: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.origin = r.readUint32(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export const AsSegment_Type = { UNKNOWN: 0, AS_SET: 1, AS_SEQUENCE: 2 } as const;

export interface AsSegment { type: number; numbers: number[]; }
export const AsSegment: Codec<AsSegment> = {
  encode(m, w = new BinaryWriter()) {
    if (m.type) w.writeEnum(1, m.type);
    if (m.numbers?.length) w.writePackedUint32(2, [...m.numbers]);
    return w;
  },
  decode(r) {
    const m: AsSegment = { type: 0, numbers: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.type = r.readEnum(); break;
        case 2: r.readPackableUint32Into(m.numbers); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface AsPathAttribute { segments: AsSegment[]; }
export const AsPathAttribute: Codec<AsPathAttribute> = {
  encode(m, w = new BinaryWriter()) {
    for (const v of m.segments ?? []) w.writeMessage(1, v, (part: Init<AsSegment>, w2: BinaryWriter) => void AsSegment.encode(part, w2));
    return w;
  },
  decode(r) {
    const m: AsPathAttribute = { segments: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.segments.push(AsSegment.decode(r2)); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface NextHopAttribute { nextHop: string; }
export const NextHopAttribute: Codec<NextHopAttribute> = {
  encode(m, w = new BinaryWriter()) {
    if (m.nextHop) w.writeString(1, m.nextHop);
    return w;
  },
  decode(r) {
    const m: NextHopAttribute = { nextHop: '' };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.nextHop = r.readString(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface MpReachNLRIAttribute { family?: Family; nextHops: string[]; nlris: Any[]; }
export const MpReachNLRIAttribute: Codec<MpReachNLRIAttribute> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.family; if (v !== undefined) w.writeMessage(1, v, (part: Init<Family>, w2: BinaryWriter) => void Family.encode(part, w2)); }
    if (m.nextHops?.length) w.writeRepeatedString(2, [...m.nextHops]);
    for (const v of m.nlris ?? []) w.writeMessage(3, v, (part: Init<Any>, w2: BinaryWriter) => void Any.encode(part, w2));
    return w;
  },
  decode(r) {
    const m: MpReachNLRIAttribute = { nextHops: [], nlris: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.family = Family.decode(r2); }); break;
        case 2: m.nextHops.push(r.readString()); break;
        case 3: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.nlris.push(Any.decode(r2)); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface MultiExitDiscAttribute { med: number; }
export const MultiExitDiscAttribute: Codec<MultiExitDiscAttribute> = {
  encode(m, w = new BinaryWriter()) {
    if (m.med) w.writeUint32(1, m.med);
    return w;
  },
  decode(r) {
    const m: MultiExitDiscAttribute = { med: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.med = r.readUint32(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface LocalPrefAttribute { localPref: number; }
export const LocalPrefAttribute: Codec<LocalPrefAttribute> = {
  encode(m, w = new BinaryWriter()) {
    if (m.localPref) w.writeUint32(1, m.localPref);
    return w;
  },
  decode(r) {
    const m: LocalPrefAttribute = { localPref: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.localPref = r.readUint32(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface CommunitiesAttribute { communities: number[]; }
export const CommunitiesAttribute: Codec<CommunitiesAttribute> = {
  encode(m, w = new BinaryWriter()) {
    if (m.communities?.length) w.writePackedUint32(1, [...m.communities]);
    return w;
  },
  decode(r) {
    const m: CommunitiesAttribute = { communities: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readPackableUint32Into(m.communities); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface LargeCommunity { globalAdmin: number; localData1: number; localData2: number; }
export const LargeCommunity: Codec<LargeCommunity> = {
  encode(m, w = new BinaryWriter()) {
    if (m.globalAdmin) w.writeUint32(1, m.globalAdmin);
    if (m.localData1) w.writeUint32(2, m.localData1);
    if (m.localData2) w.writeUint32(3, m.localData2);
    return w;
  },
  decode(r) {
    const m: LargeCommunity = { globalAdmin: 0, localData1: 0, localData2: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.globalAdmin = r.readUint32(); break;
        case 2: m.localData1 = r.readUint32(); break;
        case 3: m.localData2 = r.readUint32(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface LargeCommunitiesAttribute { communities: LargeCommunity[]; }
export const LargeCommunitiesAttribute: Codec<LargeCommunitiesAttribute> = {
  encode(m, w = new BinaryWriter()) {
    for (const v of m.communities ?? []) w.writeMessage(1, v, (part: Init<LargeCommunity>, w2: BinaryWriter) => void LargeCommunity.encode(part, w2));
    return w;
  },
  decode(r) {
    const m: LargeCommunitiesAttribute = { communities: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.communities.push(LargeCommunity.decode(r2)); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface ExtendedCommunitiesAttribute { communities: Any[]; }
export const ExtendedCommunitiesAttribute: Codec<ExtendedCommunitiesAttribute> = {
  encode(m, w = new BinaryWriter()) {
    for (const v of m.communities ?? []) w.writeMessage(1, v, (part: Init<Any>, w2: BinaryWriter) => void Any.encode(part, w2));
    return w;
  },
  decode(r) {
    const m: ExtendedCommunitiesAttribute = { communities: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.communities.push(Any.decode(r2)); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface LinkBandwidthExtended { asn: number; bandwidth: number; }
export const LinkBandwidthExtended: Codec<LinkBandwidthExtended> = {
  encode(m, w = new BinaryWriter()) {
    if (m.asn) w.writeUint32(1, m.asn);
    if (m.bandwidth) w.writeFloat(2, m.bandwidth);
    return w;
  },
  decode(r) {
    const m: LinkBandwidthExtended = { asn: 0, bandwidth: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.asn = r.readUint32(); break;
        case 2: m.bandwidth = r.readFloat(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface SetPoliciesRequest { definedSets: DefinedSet[]; policies: Policy[]; }
export const SetPoliciesRequest: Codec<SetPoliciesRequest> = {
  encode(m, w = new BinaryWriter()) {
    for (const v of m.definedSets ?? []) w.writeMessage(1, v, (part: Init<DefinedSet>, w2: BinaryWriter) => void DefinedSet.encode(part, w2));
    for (const v of m.policies ?? []) w.writeMessage(2, v, (part: Init<Policy>, w2: BinaryWriter) => void Policy.encode(part, w2));
    return w;
  },
  decode(r) {
    const m: SetPoliciesRequest = { definedSets: [], policies: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.definedSets.push(DefinedSet.decode(r2)); }); break;
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.policies.push(Policy.decode(r2)); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface ListDefinedSetRequest { definedType: number; name: string; }
export const ListDefinedSetRequest: Codec<ListDefinedSetRequest> = {
  encode(m, w = new BinaryWriter()) {
    if (m.definedType) w.writeEnum(1, m.definedType);
    if (m.name) w.writeString(2, m.name);
    return w;
  },
  decode(r) {
    const m: ListDefinedSetRequest = { definedType: 0, name: '' };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.definedType = r.readEnum(); break;
        case 2: m.name = r.readString(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface ListDefinedSetResponse { definedSet?: DefinedSet; }
export const ListDefinedSetResponse: Codec<ListDefinedSetResponse> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.definedSet; if (v !== undefined) w.writeMessage(1, v, (part: Init<DefinedSet>, w2: BinaryWriter) => void DefinedSet.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: ListDefinedSetResponse = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.definedSet = DefinedSet.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface SetPolicyAssignmentRequest { assignment?: PolicyAssignment; }
export const SetPolicyAssignmentRequest: Codec<SetPolicyAssignmentRequest> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.assignment; if (v !== undefined) w.writeMessage(1, v, (part: Init<PolicyAssignment>, w2: BinaryWriter) => void PolicyAssignment.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: SetPolicyAssignmentRequest = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.assignment = PolicyAssignment.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface ListPolicyAssignmentRequest { name: string; direction: number; }
export const ListPolicyAssignmentRequest: Codec<ListPolicyAssignmentRequest> = {
  encode(m, w = new BinaryWriter()) {
    if (m.name) w.writeString(1, m.name);
    if (m.direction) w.writeEnum(2, m.direction);
    return w;
  },
  decode(r) {
    const m: ListPolicyAssignmentRequest = { name: '', direction: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.name = r.readString(); break;
        case 2: m.direction = r.readEnum(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface ListPolicyAssignmentResponse { assignment?: PolicyAssignment; }
export const ListPolicyAssignmentResponse: Codec<ListPolicyAssignmentResponse> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.assignment; if (v !== undefined) w.writeMessage(1, v, (part: Init<PolicyAssignment>, w2: BinaryWriter) => void PolicyAssignment.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: ListPolicyAssignmentResponse = {  };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.assignment = PolicyAssignment.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface DefinedSet { definedType: number; name: string; list: string[]; prefixes: Prefix[]; }
export const DefinedSet: Codec<DefinedSet> = {
  encode(m, w = new BinaryWriter()) {
    if (m.definedType) w.writeEnum(1, m.definedType);
    if (m.name) w.writeString(2, m.name);
    if (m.list?.length) w.writeRepeatedString(3, [...m.list]);
    for (const v of m.prefixes ?? []) w.writeMessage(4, v, (part: Init<Prefix>, w2: BinaryWriter) => void Prefix.encode(part, w2));
    return w;
  },
  decode(r) {
    const m: DefinedSet = { definedType: 0, name: '', list: [], prefixes: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.definedType = r.readEnum(); break;
        case 2: m.name = r.readString(); break;
        case 3: m.list.push(r.readString()); break;
        case 4: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.prefixes.push(Prefix.decode(r2)); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface Prefix { ipPrefix: string; maskLengthMin: number; maskLengthMax: number; }
export const Prefix: Codec<Prefix> = {
  encode(m, w = new BinaryWriter()) {
    if (m.ipPrefix) w.writeString(1, m.ipPrefix);
    if (m.maskLengthMin) w.writeUint32(2, m.maskLengthMin);
    if (m.maskLengthMax) w.writeUint32(3, m.maskLengthMax);
    return w;
  },
  decode(r) {
    const m: Prefix = { ipPrefix: '', maskLengthMin: 0, maskLengthMax: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.ipPrefix = r.readString(); break;
        case 2: m.maskLengthMin = r.readUint32(); break;
        case 3: m.maskLengthMax = r.readUint32(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export const MatchSet_Type = { ANY: 0, ALL: 1, INVERT: 2 } as const;

export interface MatchSet { type: number; name: string; }
export const MatchSet: Codec<MatchSet> = {
  encode(m, w = new BinaryWriter()) {
    if (m.type) w.writeEnum(1, m.type);
    if (m.name) w.writeString(2, m.name);
    return w;
  },
  decode(r) {
    const m: MatchSet = { type: 0, name: '' };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.type = r.readEnum(); break;
        case 2: m.name = r.readString(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export const Conditions_RouteType = { ROUTE_TYPE_NONE: 0, ROUTE_TYPE_INTERNAL: 1, ROUTE_TYPE_EXTERNAL: 2, ROUTE_TYPE_LOCAL: 3 } as const;

export interface Conditions { prefixSet?: MatchSet; neighborSet?: MatchSet; asPathSet?: MatchSet; communitySet?: MatchSet; extCommunitySet?: MatchSet; routeType: number; largeCommunitySet?: MatchSet; nextHopInList: string[]; }
export const Conditions: Codec<Conditions> = {
  encode(m, w = new BinaryWriter()) {
    { const v = m.prefixSet; if (v !== undefined) w.writeMessage(1, v, (part: Init<MatchSet>, w2: BinaryWriter) => void MatchSet.encode(part, w2)); }
    { const v = m.neighborSet; if (v !== undefined) w.writeMessage(2, v, (part: Init<MatchSet>, w2: BinaryWriter) => void MatchSet.encode(part, w2)); }
    { const v = m.asPathSet; if (v !== undefined) w.writeMessage(4, v, (part: Init<MatchSet>, w2: BinaryWriter) => void MatchSet.encode(part, w2)); }
    { const v = m.communitySet; if (v !== undefined) w.writeMessage(5, v, (part: Init<MatchSet>, w2: BinaryWriter) => void MatchSet.encode(part, w2)); }
    { const v = m.extCommunitySet; if (v !== undefined) w.writeMessage(6, v, (part: Init<MatchSet>, w2: BinaryWriter) => void MatchSet.encode(part, w2)); }
    if (m.routeType) w.writeEnum(8, m.routeType);
    { const v = m.largeCommunitySet; if (v !== undefined) w.writeMessage(9, v, (part: Init<MatchSet>, w2: BinaryWriter) => void MatchSet.encode(part, w2)); }
    if (m.nextHopInList?.length) w.writeRepeatedString(10, [...m.nextHopInList]);
    return w;
  },
  decode(r) {
    const m: Conditions = { routeType: 0, nextHopInList: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.prefixSet = MatchSet.decode(r2); }); break;
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.neighborSet = MatchSet.decode(r2); }); break;
        case 4: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.asPathSet = MatchSet.decode(r2); }); break;
        case 5: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.communitySet = MatchSet.decode(r2); }); break;
        case 6: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.extCommunitySet = MatchSet.decode(r2); }); break;
        case 8: m.routeType = r.readEnum(); break;
        case 9: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.largeCommunitySet = MatchSet.decode(r2); }); break;
        case 10: m.nextHopInList.push(r.readString()); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export const CommunityAction_Type = { ADD: 0, REMOVE: 1, REPLACE: 2 } as const;

export interface CommunityAction { type: number; communities: string[]; }
export const CommunityAction: Codec<CommunityAction> = {
  encode(m, w = new BinaryWriter()) {
    if (m.type) w.writeEnum(1, m.type);
    if (m.communities?.length) w.writeRepeatedString(2, [...m.communities]);
    return w;
  },
  decode(r) {
    const m: CommunityAction = { type: 0, communities: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.type = r.readEnum(); break;
        case 2: m.communities.push(r.readString()); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export const MedAction_Type = { MOD: 0, REPLACE: 1 } as const;

export interface MedAction { type: number; value: number; }
export const MedAction: Codec<MedAction> = {
  encode(m, w = new BinaryWriter()) {
    if (m.type) w.writeEnum(1, m.type);
    if (m.value) w.writeInt64(2, m.value);
    return w;
  },
  decode(r) {
    const m: MedAction = { type: 0, value: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.type = r.readEnum(); break;
        case 2: m.value = r.readInt64(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface AsPrependAction { asn: number; repeat: number; useLeftMost: boolean; }
export const AsPrependAction: Codec<AsPrependAction> = {
  encode(m, w = new BinaryWriter()) {
    if (m.asn) w.writeUint32(1, m.asn);
    if (m.repeat) w.writeUint32(2, m.repeat);
    if (m.useLeftMost) w.writeBool(3, m.useLeftMost);
    return w;
  },
  decode(r) {
    const m: AsPrependAction = { asn: 0, repeat: 0, useLeftMost: false };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.asn = r.readUint32(); break;
        case 2: m.repeat = r.readUint32(); break;
        case 3: m.useLeftMost = r.readBool(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface NexthopAction { address: string; self: boolean; unchanged: boolean; }
export const NexthopAction: Codec<NexthopAction> = {
  encode(m, w = new BinaryWriter()) {
    if (m.address) w.writeString(1, m.address);
    if (m.self) w.writeBool(2, m.self);
    if (m.unchanged) w.writeBool(3, m.unchanged);
    return w;
  },
  decode(r) {
    const m: NexthopAction = { address: '', self: false, unchanged: false };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.address = r.readString(); break;
        case 2: m.self = r.readBool(); break;
        case 3: m.unchanged = r.readBool(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface LocalPrefAction { value: number; }
export const LocalPrefAction: Codec<LocalPrefAction> = {
  encode(m, w = new BinaryWriter()) {
    if (m.value) w.writeUint32(1, m.value);
    return w;
  },
  decode(r) {
    const m: LocalPrefAction = { value: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.value = r.readUint32(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface Actions { routeAction: number; community?: CommunityAction; med?: MedAction; asPrepend?: AsPrependAction; extCommunity?: CommunityAction; nexthop?: NexthopAction; localPref?: LocalPrefAction; largeCommunity?: CommunityAction; }
export const Actions: Codec<Actions> = {
  encode(m, w = new BinaryWriter()) {
    if (m.routeAction) w.writeEnum(1, m.routeAction);
    { const v = m.community; if (v !== undefined) w.writeMessage(2, v, (part: Init<CommunityAction>, w2: BinaryWriter) => void CommunityAction.encode(part, w2)); }
    { const v = m.med; if (v !== undefined) w.writeMessage(3, v, (part: Init<MedAction>, w2: BinaryWriter) => void MedAction.encode(part, w2)); }
    { const v = m.asPrepend; if (v !== undefined) w.writeMessage(4, v, (part: Init<AsPrependAction>, w2: BinaryWriter) => void AsPrependAction.encode(part, w2)); }
    { const v = m.extCommunity; if (v !== undefined) w.writeMessage(5, v, (part: Init<CommunityAction>, w2: BinaryWriter) => void CommunityAction.encode(part, w2)); }
    { const v = m.nexthop; if (v !== undefined) w.writeMessage(6, v, (part: Init<NexthopAction>, w2: BinaryWriter) => void NexthopAction.encode(part, w2)); }
    { const v = m.localPref; if (v !== undefined) w.writeMessage(7, v, (part: Init<LocalPrefAction>, w2: BinaryWriter) => void LocalPrefAction.encode(part, w2)); }
    { const v = m.largeCommunity; if (v !== undefined) w.writeMessage(8, v, (part: Init<CommunityAction>, w2: BinaryWriter) => void CommunityAction.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: Actions = { routeAction: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.routeAction = r.readEnum(); break;
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.community = CommunityAction.decode(r2); }); break;
        case 3: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.med = MedAction.decode(r2); }); break;
        case 4: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.asPrepend = AsPrependAction.decode(r2); }); break;
        case 5: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.extCommunity = CommunityAction.decode(r2); }); break;
        case 6: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.nexthop = NexthopAction.decode(r2); }); break;
        case 7: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.localPref = LocalPrefAction.decode(r2); }); break;
        case 8: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.largeCommunity = CommunityAction.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface Statement { name: string; conditions?: Conditions; actions?: Actions; }
export const Statement: Codec<Statement> = {
  encode(m, w = new BinaryWriter()) {
    if (m.name) w.writeString(1, m.name);
    { const v = m.conditions; if (v !== undefined) w.writeMessage(2, v, (part: Init<Conditions>, w2: BinaryWriter) => void Conditions.encode(part, w2)); }
    { const v = m.actions; if (v !== undefined) w.writeMessage(3, v, (part: Init<Actions>, w2: BinaryWriter) => void Actions.encode(part, w2)); }
    return w;
  },
  decode(r) {
    const m: Statement = { name: '' };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.name = r.readString(); break;
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.conditions = Conditions.decode(r2); }); break;
        case 3: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.actions = Actions.decode(r2); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface Policy { name: string; statements: Statement[]; }
export const Policy: Codec<Policy> = {
  encode(m, w = new BinaryWriter()) {
    if (m.name) w.writeString(1, m.name);
    for (const v of m.statements ?? []) w.writeMessage(2, v, (part: Init<Statement>, w2: BinaryWriter) => void Statement.encode(part, w2));
    return w;
  },
  decode(r) {
    const m: Policy = { name: '', statements: [] };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.name = r.readString(); break;
        case 2: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.statements.push(Statement.decode(r2)); }); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

export interface PolicyAssignment { name: string; direction: number; policies: Policy[]; defaultAction: number; }
export const PolicyAssignment: Codec<PolicyAssignment> = {
  encode(m, w = new BinaryWriter()) {
    if (m.name) w.writeString(1, m.name);
    if (m.direction) w.writeEnum(2, m.direction);
    for (const v of m.policies ?? []) w.writeMessage(4, v, (part: Init<Policy>, w2: BinaryWriter) => void Policy.encode(part, w2));
    if (m.defaultAction) w.writeEnum(5, m.defaultAction);
    return w;
  },
  decode(r) {
    const m: PolicyAssignment = { name: '', direction: 0, policies: [], defaultAction: 0 };
    while (r.nextField() && !r.isEndGroup()) {
      switch (r.getFieldNumber()) {
        case 1: m.name = r.readString(); break;
        case 2: m.direction = r.readEnum(); break;
        case 4: r.readMessage({}, (_: unknown, r2: BinaryReader) => { m.policies.push(Policy.decode(r2)); }); break;
        case 5: m.defaultAction = r.readEnum(); break;
        default: r.skipField();
      }
    }
    return m;
  },
};

const codecs = <Q, P>(request: Codec<Q>, response: Codec<P>) => ({
  requestSerialize: (m: Init<Q>): Buffer => Buffer.from(toBytes(request, m)),
  requestDeserialize: (bytes: Buffer): Q => fromBytes(request, bytes),
  responseSerialize: (m: Init<P>): Buffer => Buffer.from(toBytes(response, m)),
  responseDeserialize: (bytes: Buffer): P => fromBytes(response, bytes),
});

export const GobgpApi = {
  StartBgp: { path: '/apipb.GobgpApi/StartBgp', requestStream: false, responseStream: false, ...codecs(StartBgpRequest, Empty) },
  GetBgp: { path: '/apipb.GobgpApi/GetBgp', requestStream: false, responseStream: false, ...codecs(GetBgpRequest, GetBgpResponse) },
  WatchEvent: { path: '/apipb.GobgpApi/WatchEvent', requestStream: false, responseStream: true, ...codecs(WatchEventRequest, WatchEventResponse) },
  AddPeer: { path: '/apipb.GobgpApi/AddPeer', requestStream: false, responseStream: false, ...codecs(AddPeerRequest, Empty) },
  DeletePeer: { path: '/apipb.GobgpApi/DeletePeer', requestStream: false, responseStream: false, ...codecs(DeletePeerRequest, Empty) },
  UpdatePeer: { path: '/apipb.GobgpApi/UpdatePeer', requestStream: false, responseStream: false, ...codecs(UpdatePeerRequest, UpdatePeerResponse) },
  ListPeer: { path: '/apipb.GobgpApi/ListPeer', requestStream: false, responseStream: true, ...codecs(ListPeerRequest, ListPeerResponse) },
  ResetPeer: { path: '/apipb.GobgpApi/ResetPeer', requestStream: false, responseStream: false, ...codecs(ResetPeerRequest, Empty) },
  AddPath: { path: '/apipb.GobgpApi/AddPath', requestStream: false, responseStream: false, ...codecs(AddPathRequest, AddPathResponse) },
  DeletePath: { path: '/apipb.GobgpApi/DeletePath', requestStream: false, responseStream: false, ...codecs(DeletePathRequest, Empty) },
  ListPath: { path: '/apipb.GobgpApi/ListPath', requestStream: false, responseStream: true, ...codecs(ListPathRequest, ListPathResponse) },
  SetPolicies: { path: '/apipb.GobgpApi/SetPolicies', requestStream: false, responseStream: false, ...codecs(SetPoliciesRequest, Empty) },
  ListDefinedSet: { path: '/apipb.GobgpApi/ListDefinedSet', requestStream: false, responseStream: true, ...codecs(ListDefinedSetRequest, ListDefinedSetResponse) },
  SetPolicyAssignment: { path: '/apipb.GobgpApi/SetPolicyAssignment', requestStream: false, responseStream: false, ...codecs(SetPolicyAssignmentRequest, Empty) },
  ListPolicyAssignment: { path: '/apipb.GobgpApi/ListPolicyAssignment', requestStream: false, responseStream: true, ...codecs(ListPolicyAssignmentRequest, ListPolicyAssignmentResponse) },
} satisfies ServiceDefinition;
