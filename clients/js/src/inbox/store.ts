import type { InboxStore } from '../hub/index';

/** What the list needs of a store; the real one is `InboxStore`. */
export type Inbox = Pick<
  InboxStore,
  | 'items'
  | 'unseen'
  | 'loading'
  | 'error'
  | 'complete'
  | 'on'
  | 'load'
  | 'more'
  | 'markSeen'
  | 'markRead'
  | 'markUnread'
  | 'markDone'
  | 'undoDone'
  | 'snooze'
>;
