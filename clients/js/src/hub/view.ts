import { Kept } from './kept';
import {
  type Down,
  type GapFrame,
  type InboxFrame,
  isInbox,
  type LeftFrame,
  type Position,
  type SnapshotFrame,
  type StateFrame,
  type TopicFrame,
  type WelcomeFrame,
  type YouFrame,
} from './messages';
import { afterGap, LOST, type Verdict, verdict } from './positions';

/** What tabs pass on to each other, and what a tab's listeners get to hear. */
export type News =
  | WelcomeFrame
  | InboxFrame
  | TopicFrame
  | SnapshotFrame
  | StateFrame
  | GapFrame
  | LeftFrame
  | YouFrame;

export const isNews = (frame: Down): frame is News => NEWS.has(frame.t);
const NEWS: ReadonlySet<string> = new Set(['welcome', 'event', 'snapshot', 'state', 'gap', 'left', 'you']);

/** How many inbox events are kept for a tab that fell behind. */
const RING = 200;

/** What a tab knows of one topic. */
export interface TopicView {
  /** Null until a snapshot or the hub's word says where we are. */
  position: Position | null;
  kept: Kept;
  /** True while the hub was asked anew: events are dropped, the answer repeats them. */
  asking: boolean;
}

/**
 * One tab's idea of where it stands. The leading tab's takes frames off the socket, the others' take what the leader
 * passes on; both follow the same rules, so a tab can take the lead with what it knows.
 */
export class View {
  /** The last inbox position taken; null before the first welcome. */
  inbox: number | null = null;
  /** The latest welcome, its `seq` and `unseen` kept up to date for tabs that come late. */
  welcome: WelcomeFrame | null = null;
  readonly topics = new Map<string, TopicView>();
  #ring: InboxFrame[] = [];

  /** Starts to follow a topic from `position`. */
  follow(topic: string, position: Position | null): TopicView {
    const view: TopicView = { position, kept: new Kept(), asking: false };
    this.topics.set(topic, view);
    return view;
  }

  /** Gives up all positions; the next welcome sets them anew. */
  forget(): void {
    this.inbox = null;
    this.#ring = [];
    for (const view of this.topics.values()) Object.assign(view, { position: null, kept: new Kept() });
  }

  /** Nothing is being asked for any more: the connection that it was asked on is not ours now. */
  settle(): void {
    for (const view of this.topics.values()) view.asking = false;
  }

  /** Takes one frame in and says what it is here; only `new` ones are for the listeners. */
  take(frame: News): Verdict {
    switch (frame.t) {
      case 'welcome':
        this.welcome = frame;
        this.inbox ??= frame.seq;
        return 'new';
      case 'event':
        return isInbox(frame) ? this.#takeInbox(frame) : this.#takeTopic(frame);
      case 'snapshot': {
        const view = this.topics.get(frame.topic);
        if (!view) return 'old';
        Object.assign(view, { position: { epoch: frame.epoch, offset: frame.offset }, kept: new Kept(frame) });
        view.asking = false;
        return 'new';
      }
      case 'state':
        if (this.welcome) this.welcome = { ...this.welcome, unseen: frame.unseen };
        return 'new';
      case 'gap':
        return this.#takeGap(frame);
      case 'left':
        // What was read of it is not ours to show any more; a tab that leads asks for it again when it may.
        Object.assign(this.topics.get(frame.topic) ?? {}, { position: null, kept: new Kept(), asking: false });
        return 'new';
      case 'you':
        return 'new';
    }
  }

  /** The inbox frames after `position`, as far as they are kept; null when one of them is not. */
  inboxAfter(position: number): InboxFrame[] | null {
    if (this.inbox === null || position >= this.inbox) return [];
    const rest = this.#ring.filter((frame) => frame.seq > position);
    return rest[0]?.seq === position + 1 && rest.length === this.inbox - position ? rest : null;
  }

  /** What brings a reader at `position` up to date in a topic; null when only the hub can. */
  topicAfter(topic: string, position: Position | null): News[] | null {
    const view = this.topics.get(topic);
    const at = view?.position;
    if (!view || !at) return null;
    if (position?.epoch === at.epoch) {
      if (position.offset >= at.offset) return [];
      const rest = view.kept.after(position.offset);
      if (rest.length === at.offset - position.offset) return rest;
    }
    const { snapshot, events } = view.kept;
    return snapshot ? [snapshot, ...events] : null;
  }

  #takeInbox(frame: InboxFrame): Verdict {
    const found = verdict(this.inbox, frame.seq);
    if (found !== 'new') return found;
    this.inbox = frame.seq;
    this.#ring.push(frame);
    if (this.#ring.length > RING) this.#ring.shift();
    const welcome = this.welcome;
    if (welcome) {
      const unseen = countUnseen(welcome.unseen, frame);
      this.welcome = { ...welcome, unseen, seq: Math.max(welcome.seq, frame.seq) };
    }
    return found;
  }

  #takeTopic(frame: TopicFrame): Verdict {
    const view = this.topics.get(frame.topic);
    if (!view || view.asking) return 'old';
    const found = verdict(view.position?.offset ?? null, frame.offset);
    if (found !== 'new' || !view.position) return found;
    view.position = { epoch: view.position.epoch, offset: frame.offset };
    view.kept.push(frame);
    return found;
  }

  #takeGap(frame: GapFrame): Verdict {
    if (frame.topic !== 'inbox') return this.topics.has(frame.topic) ? 'new' : 'old';
    const next = afterGap(this.inbox, frame);
    if (next === null) return 'hole';
    if (next === this.inbox && frame.reason !== LOST) return 'old';
    this.inbox = next;
    return 'new';
  }
}

/** The badge's number after a frame: the hub's own number wins, a new live event counts one more until then. */
export function countUnseen(unseen: number, frame: News): number {
  switch (frame.t) {
    case 'welcome':
    case 'state':
      return frame.unseen;
    case 'event':
      return isInbox(frame) && !frame.replay ? unseen + 1 : unseen;
    default:
      return unseen;
  }
}
