/** What the page knows of the person and of what is being saved; no DOM, no clock. */

import { Emitter } from '../hub/emitter';
import { HttpError } from '../inbox/session';
import type { Ask, Avatar, Preferences, Profile, Signature, Vpn, Wish } from './types';

/** Why something failed: the server's sentence, or that there was no answer. */
export interface Fault {
  readonly code: string;
  /** In the person's language; empty when the server did not answer. */
  readonly message: string;
}

export type SaveState = { readonly is: 'saving' | 'saved' } | { readonly is: 'failed'; readonly fault: Fault };

/** How current the ERP's part is: being asked, as of just now, or as of `checked_at` because the ERP did not answer. */
export type Freshness = 'asking' | 'fresh' | Fault;

type Events = { change: undefined };

export function faultOf(error: unknown): Fault {
  return error instanceof HttpError ? { code: error.code, message: error.message } : { code: 'no_answer', message: '' };
}

/** A key for one wish. */
export function newKey(): string {
  return crypto.randomUUID();
}

export class ProfileStore extends Emitter<Events> {
  profile: Profile | null = null;
  /** Why there is no profile. */
  failed: Fault | null = null;
  erp: Freshness = 'asking';
  /** The wish that is on its way from this page. */
  renewing: { readonly until: string; readonly key: string } | null = null;
  /** Why the last renewal from this page was not made, or that no answer came: then `renewFault.code` is `no_answer`. */
  renewFault: Fault | null = null;
  readonly saves = new Map<string, SaveState>();

  #ask: Ask;
  #key: () => string;
  /** A wish without an answer: the same date again is the same wish. */
  #unanswered: { readonly until: string; readonly key: string } | null = null;
  #next = new Map<string, unknown>();

  constructor(ask: Ask, key: () => string = newKey) {
    super();
    this.#ask = ask;
    this.#key = key;
  }

  get ask(): Ask {
    return this.#ask;
  }

  /** What is kept, at once; then what the ERP says now. Never rejects. */
  async load(): Promise<void> {
    this.failed = null;
    this.#changed();
    try {
      this.profile = await this.#ask<Profile>('GET', '/users/api/profile');
    } catch (error) {
      this.failed = faultOf(error);
      this.#changed();
      return;
    }
    if (this.profile.erp) await this.look();
    else this.erp = 'fresh';
    this.#changed();
  }

  /** Asks the ERP anew; without an answer what is shown stays, with its age. */
  async look(): Promise<void> {
    this.erp = 'asking';
    this.#changed();
    try {
      const fresh = await this.#ask<Profile>('GET', '/users/api/profile?fresh=1');
      // what is being edited stays: only the ERP's parts were asked for
      if (this.profile) this.profile = { ...this.profile, erp: fresh.erp, vpn: fresh.vpn };
      this.erp = 'fresh';
      if (fresh.vpn?.last?.state === 'done') this.renewFault = null;
    } catch (error) {
      this.erp = faultOf(error);
    }
    this.#changed();
  }

  // — VPN —

  /** Whether the ERP's word is still to come for a wish of this or another page. */
  get waiting(): Wish | null {
    const last = this.profile?.vpn?.last;
    return last?.open ? last : null;
  }

  /** Asks for the date; for one whose answer is missing it is the same wish, so that nothing is done twice. One at a time. */
  async renew(until: string): Promise<void> {
    if (this.renewing) return;
    const known = [this.waiting, this.#unanswered].find((wish) => wish?.until === until);
    const wish = { until, key: known?.key ?? this.#key() };
    this.renewing = wish;
    this.renewFault = null;
    this.#changed();
    try {
      const { vpn } = await this.#ask<{ vpn: Vpn | null }>('PUT', '/users/api/profile/vpn', wish);
      this.#unanswered = null;
      this.#vpn(vpn);
    } catch (error) {
      this.renewFault = faultOf(error);
      this.#unanswered = this.renewFault.code === 'no_answer' ? wish : null;
      if (error instanceof HttpError) await this.#reread();
    }
    this.renewing = null;
    this.#changed();
  }

  /** What is kept of VPN access after a refusal: the date or the rules may be others now. */
  async #reread(): Promise<void> {
    try {
      this.#vpn((await this.#ask<Profile>('GET', '/users/api/profile')).vpn);
    } catch {
      // what is shown stays
    }
  }

  #vpn(vpn: Vpn | null): void {
    if (this.profile) this.profile = { ...this.profile, vpn };
  }

  // — Picture and signature —

  setAvatar(avatar: Avatar | null): void {
    if (this.profile) this.profile = { ...this.profile, avatar };
    this.#changed();
  }

  async removeAvatar(): Promise<Fault | null> {
    try {
      await this.#ask('DELETE', '/users/api/avatar');
    } catch (error) {
      return faultOf(error);
    }
    this.setAvatar(null);
    return null;
  }

  async saveSignature(text: string, onComments: boolean): Promise<void> {
    await this.#saving('signature', async () => {
      const body = { text, on_comments: onComments };
      const { signature } = await this.#ask<{ signature: Signature }>('PUT', '/users/api/signature', body);
      if (this.profile) this.profile = { ...this.profile, signature };
    });
  }

  // — Preferences —

  /** Shows the wish at once and saves it; of several in a row the last is saved. Put back, with the reason, when it is not taken. */
  async set<K extends keyof Preferences & string>(name: K, value: Preferences[K]): Promise<void> {
    if (!this.profile) return;
    const shown = this.profile.preferences[name];
    this.#preference(name, value);
    if (this.saves.get(name)?.is === 'saving') {
      this.#next.set(name, value);
      return;
    }
    let kept: unknown = shown;
    let wanted: unknown = value;
    for (;;) {
      const body = { value: wanted };
      const saved = await this.#saving(name, () => this.#ask('PUT', `/users/api/preferences/${name}`, body));
      if (saved) kept = wanted;
      if (!this.#next.has(name)) {
        if (!saved) this.#preference(name, kept);
        return;
      }
      wanted = this.#next.get(name);
      this.#next.delete(name);
    }
  }

  #preference(name: string, value: unknown): void {
    if (!this.profile) return;
    this.profile = { ...this.profile, preferences: { ...this.profile.preferences, [name]: value } };
    this.#changed();
  }

  async #saving(name: string, save: () => Promise<unknown>): Promise<boolean> {
    this.saves.set(name, { is: 'saving' });
    this.#changed();
    try {
      await save();
      this.saves.set(name, { is: 'saved' });
    } catch (error) {
      this.saves.set(name, { is: 'failed', fault: faultOf(error) });
    }
    this.#changed();
    return this.saves.get(name)?.is === 'saved';
  }

  #changed(): void {
    this.emit('change', undefined);
  }
}
