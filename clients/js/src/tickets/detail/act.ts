/** One thing that a person does to a ticket: what is sent, and what became of it. */

import type { Conflict, Person, Priority, Status, Task, Written } from './types';

/** What is sent; the values that the person picked go along, so that the page can show them before the answer. */
export type Deed =
  | { readonly kind: 'status'; readonly to: Status; readonly comment?: string; readonly private?: boolean }
  | { readonly kind: 'priority'; readonly to: Priority }
  | { readonly kind: 'assignee'; readonly to: Person | null }
  | {
      readonly kind: 'comment';
      readonly text: string;
      readonly private: boolean;
      readonly attachments: readonly string[];
    };

/** A deed under way. The same key is sent with every repetition, so that the server does it once. */
export interface Act {
  readonly key: string;
  readonly deed: Deed;
}

export type Outcome =
  | { readonly kind: 'done'; readonly written: Written }
  | { readonly kind: 'conflict'; readonly conflict: Conflict }
  /** Not taken, and why. `code` is the server's. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  /** It may have been done: `task` as it is now, if that is known. */
  | { readonly kind: 'unclear'; readonly reason: string; readonly task: Task | null };

/** Letters and digits, far from ever meeting twice. */
export function newKey(): string {
  return crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join('-');
}

/** The ticket as it will be when the deed is taken. */
export function foresee(task: Task, deed: Deed): Task {
  switch (deed.kind) {
    case 'status':
      return { ...task, status: deed.to };
    case 'priority':
      return { ...task, priority: deed.to };
    case 'assignee':
      return { ...task, assignee: deed.to };
    case 'comment':
      return task;
  }
}
