import { ReceivedAcks } from './acks';
import type { Codec } from './codec';
import type { HubEnv } from './env';
import { Link } from './link';
import {
  ack,
  type Down,
  type GapFrame,
  isInbox,
  type Position,
  type Reply,
  sub,
  type Up,
  type WelcomeFrame,
  type Which,
  type WireError,
} from './messages';
import { earlier, LOST } from './positions';
import type { Message, Wants } from './tabs';
import type { AckLevel, HubFault } from './types';
import { isNews, type News, type View } from './view';

/** A refused topic that may come later is asked for again after this. */
const RETRY_TOPIC_MS = 5_000;

export interface LeaderHost {
  readonly tab: string;
  hello(): { client: string; device: string };
  /** What this tab itself wants. */
  wants(): Wants;
  /** Hands news to this tab's listeners and to the other tabs; to one tab only when `to` is given. */
  spread(news: readonly News[], to?: string): void;
  /** The connection's state is another one, or a sign of life came. */
  changed(): void;
  answer(tab: string, id: number, ok: boolean, data: unknown, error: WireError | null): void;
  fault(fault: HubFault): void;
}

type Asked =
  | { kind: 'call'; tab: string; id: number; name: string }
  | { kind: 'sub'; topic: string }
  | { kind: 'unsub' };

/** Calls that may be made twice without harm: they are repeated after a lost connection, others fail. */
export const isIdempotent = (name: string): boolean => name.startsWith('inbox.');

const fail = (code: string, message: string): WireError => ({ code, message, temporary: true });

/** What the leading tab does for all: it holds the connection, joins what anyone wants, and brings late tabs up to date. */
export class Leader {
  readonly link: Link;
  /** The hub's clock minus ours, ms. */
  clock = 0;
  readonly #env: HubEnv;
  readonly #view: View;
  readonly #host: LeaderHost;
  readonly #received: ReceivedAcks;
  readonly #wants = new Map<string, Wants>();
  readonly #asked = new Map<number, Asked>();
  readonly #joined = new Set<string>();
  readonly #refused = new Set<string>();
  /** Topics that somebody needs the whole state of, while another answer is still on its way. */
  readonly #fresh = new Set<string>();
  #lastId = 0;
  #active = false;
  #wasOpen = false;
  /** The position that was given up; the next welcome tells everybody how much is to be read anew. */
  #lostAt: number | null = null;

  constructor(env: HubEnv, url: string, codec: Codec, view: View, host: LeaderHost) {
    this.#env = env;
    this.#view = view;
    this.#host = host;
    this.#received = new ReceivedAcks(env, (seq) => void this.link.send(ack('received', { seq })));
    this.link = new Link(env, url, codec, {
      hello: () => this.#hello(),
      frame: (frame) => this.#take(frame),
      change: () => this.#changed(),
      forget: () => {
        this.#lostAt = this.#view.inbox ?? this.#lostAt;
        this.#view.forget();
      },
    });
  }

  start(): void {
    this.link.input({ type: 'start' });
  }

  stop(): void {
    this.#received.flush();
    this.#received.clear();
    this.link.input({ type: 'stop' });
  }

  /** What brings a tab that comes late to where we are. */
  introduction(): readonly News[] {
    const { welcome, inbox } = this.#view;
    return welcome && inbox !== null ? [{ ...welcome, seq: inbox }] : [];
  }

  /** One of the other tabs' messages to the leader. */
  message(message: Message): void {
    switch (message.m) {
      case 'want': {
        const { inbox, topics, active } = message;
        this.#wants.set(message.from, { inbox, topics, active });
        this.reconcile();
        this.#catchUp(message.from, message);
        break;
      }
      case 'call':
        this.call(message.from, message.id, message.name, message.args);
        break;
      case 'ack':
        this.ack(message.level, message.which);
        break;
      case 'wake':
      case 'force':
        this.link.input({ type: message.m });
        break;
    }
  }

  gone(tab: string): void {
    this.#wants.delete(tab);
    this.reconcile();
  }

  /** Says something on behalf of a tab; without a connection the tab says it again after the next welcome. */
  ack(level: AckLevel, which: Which): void {
    // The hub refuses an ack of what it has not sent in this session.
    if ('seq' in which) this.link.send(ack(level, { seq: Math.min(which.seq, this.#view.inbox ?? 0) }));
    else this.link.send(ack(level, which));
  }

  call(tab: string, id: number, name: string, args: object): void {
    const wire = ++this.#lastId;
    if (this.link.send({ t: 'call', id: wire, name, args })) this.#asked.set(wire, { kind: 'call', tab, id, name });
    else if (!isIdempotent(name)) {
      this.#host.answer(tab, id, false, null, fail('not_connected', 'there is no connection to the hub'));
    }
  }

  /** Joins what anyone wants and leaves what nobody wants any more. */
  reconcile(): void {
    if (!this.link.open) return;
    const wanted = this.#wanted();
    for (const [topic, position] of wanted) {
      if (this.#joined.has(topic) || this.#refused.has(topic)) continue;
      this.#joined.add(topic);
      const view = this.#view.topics.get(topic) ?? this.#view.follow(topic, position);
      view.asking = true;
      this.#ask({ kind: 'sub', topic }, (id) => sub(id, topic, view.position));
    }
    for (const topic of this.#joined) {
      if (wanted.has(topic)) continue;
      this.#joined.delete(topic);
      this.#view.topics.delete(topic);
      this.#ask({ kind: 'unsub' }, (id) => ({ t: 'unsub', id, topic }));
    }
    const active = [this.#host.wants(), ...this.#wants.values()].some((wants) => wants.active);
    if (active !== this.#active) {
      this.#active = active;
      this.link.send({ t: 'active', on: active });
    }
  }

  /** Asks for what follows `position` in a topic that is joined already; the whole state when it is null. */
  refresh(topic: string, position: Position | null): void {
    const view = this.#view.topics.get(topic);
    if (!view) return;
    if (view.asking || !this.#joined.has(topic) || !this.link.open) {
      if (position === null) this.#fresh.add(topic);
      return;
    }
    view.asking = true;
    this.#ask({ kind: 'sub', topic }, (id) => sub(id, topic, position));
  }

  /** The hub repeats what was missed from our position on; who needs the whole state gets it after that. */
  #recovered(topic: string): void {
    const view = this.#view.topics.get(topic);
    if (view) view.asking = false;
    if (this.#fresh.delete(topic)) this.refresh(topic, null);
  }

  /** All topics that anyone wants, each with the position to resume from. */
  #wanted(): Map<string, Position | null> {
    const wanted = new Map<string, Position | null>();
    for (const topic of Object.keys(this.#host.wants().topics)) {
      wanted.set(topic, this.#view.topics.get(topic)?.position ?? null);
    }
    for (const wants of this.#wants.values()) {
      for (const [topic, theirs] of Object.entries(wants.topics)) {
        const known = this.#view.topics.get(topic)?.position;
        if (known) wanted.set(topic, known);
        else wanted.set(topic, wanted.has(topic) ? earlier(wanted.get(topic) ?? null, theirs) : theirs);
      }
    }
    for (const topic of this.#fresh) if (wanted.has(topic)) wanted.set(topic, null);
    return wanted;
  }

  #hello(): Up {
    const wanted = this.#wanted();
    this.#joined.clear();
    for (const [topic, position] of wanted) {
      this.#joined.add(topic);
      (this.#view.topics.get(topic) ?? this.#view.follow(topic, position)).asking = true;
    }
    for (const topic of this.#view.topics.keys()) if (!wanted.has(topic)) this.#view.topics.delete(topic);
    const topics = Object.fromEntries(wanted);
    return { t: 'hello', v: 1, ...this.#host.hello(), since: this.#view.inbox, topics };
  }

  #ask(asked: Asked, frame: (id: number) => Up): void {
    const id = ++this.#lastId;
    if (this.link.send(frame(id))) this.#asked.set(id, asked);
  }

  #take(frame: Down): void {
    if (frame.t === 'reply') this.#reply(frame);
    else if (isNews(frame)) {
      switch (this.#view.take(frame)) {
        case 'new':
          if (frame.t === 'welcome') this.#welcome(frame);
          else this.#host.spread([frame]);
          if (frame.t === 'left') {
            this.#joined.delete(frame.topic);
            this.#refused.add(frame.topic);
          } else if (frame.t === 'you') {
            // What was refused may be granted now.
            this.#refused.clear();
            this.reconcile();
          }
          if (frame.t === 'snapshot') this.#fresh.delete(frame.topic);
          if (frame.t === 'event' && isInbox(frame)) this.#received.note(frame.seq);
          // The state of a topic with a gap in it is worth nothing: ask for all of it.
          if (frame.t === 'gap' && frame.topic !== 'inbox') this.refresh(frame.topic, null);
          break;
        case 'hole':
          if ('seq' in frame || frame.t === 'gap') this.link.input({ type: 'broken', name: 'hole' });
          else if ('topic' in frame) this.refresh(frame.topic, this.#view.topics.get(frame.topic)?.position ?? null);
          break;
      }
    }
  }

  #welcome(frame: WelcomeFrame): void {
    this.clock = Date.parse(frame.time) + (this.link.roundTrip ?? 0) / 2 - this.#env.now() || 0;
    this.#refused.clear();
    this.#active = false;
    const news: News[] = [frame];
    if (this.#lostAt !== null) {
      const lost: GapFrame = { t: 'gap', topic: 'inbox', from: this.#lostAt + 1, to: frame.seq, reason: LOST };
      this.#lostAt = null;
      this.#view.take(lost);
      news.push(lost);
    }
    for (const topic of this.#joined) {
      const place = frame.topics[topic];
      // Not among the joined ones: asking by name tells us why.
      if (!place) this.#ask({ kind: 'sub', topic }, (id) => sub(id, topic, null));
      else if (place.recovered) this.#recovered(topic);
    }
    this.#wasOpen = true;
    this.#host.spread(news);
    this.reconcile();
  }

  #reply(reply: Reply): void {
    const asked = reply.id === null ? undefined : this.#asked.get(reply.id);
    if (reply.id !== null) this.#asked.delete(reply.id);
    const error = reply.error ?? { code: 'unknown', message: '', temporary: false };
    if (!asked) {
      if (!reply.ok) this.#host.fault(error);
    } else if (asked.kind === 'call') {
      this.#host.answer(asked.tab, asked.id, reply.ok, reply.data, reply.ok ? null : error);
    } else if (asked.kind === 'sub') {
      const view = this.#view.topics.get(asked.topic);
      if (reply.ok) {
        if ((reply.data as { recovered?: boolean } | null)?.recovered) this.#recovered(asked.topic);
        return;
      }
      if (view) view.asking = false;
      this.#joined.delete(asked.topic);
      this.#refused.add(asked.topic);
      this.#host.fault({ ...error, topic: asked.topic });
      if (error.temporary) {
        this.#env.after(RETRY_TOPIC_MS, () => {
          this.#refused.delete(asked.topic);
          this.reconcile();
        });
      }
    }
  }

  #changed(): void {
    if (this.#wasOpen && !this.link.open) {
      this.#wasOpen = false;
      this.#received.clear();
      const asked = [...this.#asked.values()];
      this.#asked.clear();
      for (const one of asked) {
        // Repeatable ones are asked again by their tab after the next welcome.
        if (one.kind !== 'call' || isIdempotent(one.name)) continue;
        const error = fail('connection_lost', 'the connection was lost before the answer came');
        this.#host.answer(one.tab, one.id, false, null, error);
      }
    }
    this.#host.changed();
  }

  /** Gives a tab what it lacks, from what we keep; it drops what it knows. */
  #catchUp(tab: string, wants: Wants): void {
    const news: News[] = [];
    const { inbox } = this.#view;
    if (wants.inbox !== null && inbox !== null && wants.inbox < inbox) {
      const gap: GapFrame = { t: 'gap', topic: 'inbox', from: wants.inbox + 1, to: inbox, reason: LOST };
      news.push(...(this.#view.inboxAfter(wants.inbox) ?? [gap]));
    }
    for (const [topic, position] of Object.entries(wants.topics)) {
      const known = this.#view.topicAfter(topic, position);
      const view = this.#view.topics.get(topic);
      if (known) news.push(...known);
      // With no position of our own the state is on its way already, and goes to all.
      else if (!view?.asking || view.position) this.refresh(topic, null);
    }
    if (news.length > 0) this.#host.spread(news, tab);
  }
}
