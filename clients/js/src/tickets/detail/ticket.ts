/**
 * One open ticket: what the server says of it, what the person does to it, what became of that.
 * Acts run one after another, each with the version that the one before left. Tells its listener of every change.
 */

import { HttpError } from '../../inbox/session';
import { type Act, type Deed, foresee, newKey, type Outcome, sameDeed } from './act';
import { reasonOf, type TicketApi } from './api';
import { t } from './strings';
import type { Conflict, Task, Untaken } from './types';
import { isOlder } from './versions';

const MOST_ACTS = 20; // waiting ones; more clicks than that are a stuck key
const BEHIND_MS = [300, 800, 2000, 4000]; // waits when the answer is older than what the topic told, or is being renewed
const RETRY_MS = 10_000; // between tries while the server or Redmine is away; and up to half as much again, to spread the crowd

/** What stands in place of a ticket that cannot be shown. */
export type Trouble = 'missing' | 'forbidden' | 'away' | 'failed';

/** Something to be told that is not an answer to what one looks at: stays until it is put away. */
export interface Remark {
  readonly id: number;
  readonly tone: 'warn' | 'bad';
  readonly text: string;
}

/** How an act ended for who started it. `back`: the person left the conflict alone; what was typed is still theirs. */
export type Ending = 'done' | 'back' | 'refused' | 'lost' | 'unclear';

/** The person's answer to a conflict: the deed to send on top of what is there now; null: none of it. */
export type Decision = Deed | null;

interface Waiting {
  readonly deed: Deed;
  readonly ending: Promise<Ending>;
}

export class OpenTicket {
  task: Task | null = null;
  /** Why there is nothing to show, or why what is shown could not be renewed. */
  trouble: Trouble | null = null;
  reason = '';
  busy = false;
  remarks: readonly Remark[] = [];
  /** A question to the person: what to do with `deed`, now that others changed the ticket. */
  question: { readonly deed: Deed; readonly conflict: Conflict } | null = null;
  readonly #api: TicketApi;
  readonly #changed: () => void;
  readonly #life = new AbortController();
  #acts: Waiting[] = [];
  #chain: Promise<unknown> = Promise.resolve();
  #answer: ((decision: Decision) => void) | null = null;
  #lost: Act | null = null;
  /** The newest version that anybody told of. */
  #told = '';
  #asking = false;
  #again = false;
  #next = 1;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(api: TicketApi, changed: () => void) {
    this.#api = api;
    this.#changed = changed;
  }

  /** The ticket as it will be when everything under way is taken. */
  get shown(): Task | null {
    return this.task && this.#acts.reduce((task, { deed }) => foresee(task, deed), this.task);
  }

  /** What is under way, oldest first. */
  get pending(): readonly Deed[] {
    return this.#acts.map(({ deed }) => deed);
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#life.abort();
    this.#answer?.(null);
  }

  /** Reads the ticket; while that is being done already, once more after it. */
  async load(): Promise<void> {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    this.busy = true;
    this.#changed();
    for (let turn = 0; ; turn++) {
      this.#again = false;
      await this.#read();
      const wait = BEHIND_MS[turn];
      if (this.#life.signal.aborted) return;
      if (this.#again) continue;
      if (this.trouble || !this.#behind || wait === undefined) break;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    this.#asking = false;
    this.busy = false;
    clearTimeout(this.#retry);
    if (this.trouble === 'away' || this.trouble === 'failed')
      this.#retry = setTimeout(() => void this.load(), RETRY_MS * (1 + Math.random() / 2));
    this.#changed();
  }

  /** What is here is known to be old: the topic told of a newer version, or the server renews it just now. */
  get #behind(): boolean {
    return this.task !== null && (this.task.stale || isOlder(this.task.version, this.#told));
  }

  async #read(): Promise<void> {
    try {
      this.#adopt(await this.#api.task(this.#life.signal));
      this.trouble = null;
      this.reason = '';
    } catch (error) {
      if (this.#life.signal.aborted) return;
      this.trouble = troubleOf(error);
      this.reason = reasonOf(error);
      // What one may no longer see goes out of sight; a server that is away takes nothing away.
      if (this.trouble === 'missing' || this.trouble === 'forbidden') this.task = null;
    }
  }

  /** The topic says: the ticket is at this version now; null: it may be at any. */
  told(version: string | null): void {
    if (version !== null) {
      this.#told = version;
      if (this.task && !isOlder(this.task.version, version)) return;
    }
    if (!this.#acts.length) void this.load(); // an act's answer is the whole ticket, and is looked at after it
  }

  #adopt(task: Task): void {
    if (this.task && isOlder(task.version, this.task.version)) return;
    this.task = task;
  }

  // — Acts —

  /** Does it, after what is under way. A second click on the same thing is the first one. */
  do(deed: Deed): Promise<Ending> {
    const twin = this.#acts.find((one) => sameDeed(one.deed, deed));
    if (twin) return twin.ending;
    if (!this.task || this.#acts.length >= MOST_ACTS) return Promise.resolve('refused');
    const run = this.#chain.then(() => this.#run(deed));
    const ending = run.finally(() => {
      this.#acts = this.#acts.filter((one) => one.ending !== ending);
      this.#changed();
      if (!this.#acts.length && this.task && isOlder(this.task.version, this.#told)) void this.load();
    });
    this.#chain = ending.catch(() => undefined);
    this.#acts = [...this.#acts, { deed, ending }];
    this.#changed();
    return ending;
  }

  async #run(first: Deed): Promise<Ending> {
    let deed = first;
    for (;;) {
      const version = this.task?.version ?? '';
      const again = this.#lost !== null && sameDeed(this.#lost.deed, deed) ? this.#lost : null;
      const act: Act = again ?? { key: newKey(), deed, version };
      this.#lost = null;
      let outcome: Outcome;
      try {
        outcome = await this.#api.act(act, this.#life.signal);
      } catch {
        return 'lost'; // the page is closed
      }
      const decided = await this.#end(act, outcome);
      if (typeof decided === 'string') return decided;
      deed = decided;
    }
  }

  /** What an outcome comes to: an ending, or the deed to try instead. */
  async #end(act: Act, outcome: Outcome): Promise<Ending | Deed> {
    switch (outcome.kind) {
      case 'done':
        this.#adopt(outcome.written.task);
        for (const one of outcome.written.untaken) this.remark('warn', untakenText(one));
        return 'done';
      case 'conflict': {
        this.#adopt(outcome.conflict.task);
        const decision = await this.#ask(act.deed, outcome.conflict);
        return decision ?? 'back';
      }
      case 'refused':
        this.remark('bad', refusedText(act.deed, outcome.reason));
        if (outcome.code === 'not_found' || outcome.code === 'not_allowed') void this.load();
        return 'refused';
      case 'lost':
        this.#lost = act;
        this.remark('bad', refusedText(act.deed, outcome.reason));
        return 'lost';
      case 'unclear':
        if (outcome.task) this.#adopt(outcome.task);
        this.remark('bad', outcome.reason);
        return 'unclear';
    }
  }

  #ask(deed: Deed, conflict: Conflict): Promise<Decision> {
    return new Promise((resolve) => {
      if (this.#life.signal.aborted) return resolve(null);
      this.#answer = resolve;
      this.question = { deed, conflict };
      this.#changed();
    });
  }

  /** The person's answer to `question`. */
  decide(decision: Decision): void {
    const answer = this.#answer;
    this.#answer = null;
    this.question = null;
    answer?.(decision);
    this.#changed();
  }

  // — Remarks —

  remark(tone: Remark['tone'], text: string): void {
    this.remarks = [...this.remarks.filter((one) => one.text !== text), { id: this.#next++, tone, text }].slice(-4);
    this.#changed();
  }

  putAway(id: number): void {
    this.remarks = this.remarks.filter((one) => one.id !== id);
    this.#changed();
  }
}

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof HttpError)) return 'failed';
  if (error.status === 404) return 'missing';
  if (error.status === 403) return 'forbidden';
  return error.code === 'redmine_away' ? 'away' : 'failed';
}

/** A part that Redmine dropped without a word, in words. */
export function untakenText(one: Untaken): string {
  return one.wanted
    ? t('untaken', { label: one.label, wanted: one.wanted, is: one.is ?? t('nothing') })
    : t('untakenCleared', { label: one.label, is: one.is ?? t('nothing') });
}

const refusals = {
  status: 'statusRefused',
  priority: 'priorityRefused',
  assignee: 'assigneeRefused',
  comment: 'commentRefused',
} as const;

function refusedText(deed: Deed, reason: string): string {
  return t(refusals[deed.kind], { reason });
}
