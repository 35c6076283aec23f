import type {
  AckLevel,
  Hub,
  HubEvents,
  HubStatus,
  InboxItem,
  InboxPage,
  PageQuery,
  SourceState,
  TopicHandlers,
  Undo,
  WireFormat,
} from './types';

export type * from './types';

export declare class SharedHub implements Hub {
  constructor(options: { url: string; client: string; device?: string; format?: WireFormat });
  readonly status: HubStatus;
  readonly tabs: number;
  start(): void;
  stop(): void;
  reconnect(): void;
  on<K extends keyof HubEvents>(type: K, fn: (value: HubEvents[K]) => void): Undo;
  subscribe(topic: string, handlers: TopicHandlers): Undo;
  call<T>(name: string, args?: object): Promise<T>;
  ack(level: AckLevel, what: { seq: number } | { ids: string[] }): void;
  setActive(on: boolean): void;
  serverNow(): number;
}

export declare class InboxStore {
  constructor(hub: Hub, fetchPage: (query: PageQuery) => Promise<InboxPage>);
  readonly items: readonly InboxItem[];
  readonly unseen: number;
  readonly loading: boolean;
  readonly error: Error | null;
  readonly complete: boolean;
  on(type: 'change', fn: () => void): Undo;
  on(type: 'arrived', fn: (items: readonly InboxItem[]) => void): Undo;
  load(): Promise<void>;
  more(): Promise<void>;
  markSeen(): void;
  markRead(ids: readonly string[]): void;
  markUnread(ids: readonly string[]): void;
  markDone(ids: readonly string[]): void;
  undoDone(ids: readonly string[]): void;
  snooze(ids: readonly string[], until: Date): void;
}

export declare class SystemStore {
  constructor(hub: Hub);
  readonly sources: ReadonlyMap<string, SourceState>;
  on(type: 'change', fn: () => void): Undo;
  close(): void;
}
