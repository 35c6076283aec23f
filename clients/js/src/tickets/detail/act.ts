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

/** A deed under way. Every repetition sends the same key and the same body, so that the server does it once. */
export interface Act {
  readonly key: string;
  readonly deed: Deed;
  /** What the person saw of the ticket. */
  readonly version: string;
}

export type Outcome =
  | { readonly kind: 'done'; readonly written: Written }
  | { readonly kind: 'conflict'; readonly conflict: Conflict }
  /** Not taken, and why. `code` is the server's. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  /** No answer at all: the same act may be sent again. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** The server itself does not know whether it was done: `task` as it is now, if that can be read. */
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

/** Whether two deeds would do the same: a second click on the same thing. */
export function sameDeed(a: Deed, b: Deed): boolean {
  if (a.kind === 'comment' || b.kind === 'comment')
    return (
      a.kind === 'comment' &&
      b.kind === 'comment' &&
      a.text === b.text &&
      a.private === b.private &&
      a.attachments.join() === b.attachments.join()
    );
  if (a.kind !== b.kind || a.to?.id !== b.to?.id) return false;
  return a.kind !== 'status' || b.kind !== 'status' || (a.comment === b.comment && a.private === b.private);
}
