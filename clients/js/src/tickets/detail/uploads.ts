/** Files on their way into a comment: two at a time, each with its progress, and again when one failed. */

import { dataUrl } from '../../inbox/upload';
import { reasonOf, type TicketApi } from './api';

const AT_ONCE = 2;
/** The server takes no more in one comment. */
export const MOST = 20;
export const MAX_BYTES = 100 * 1024 * 1024;
const MAX_PREVIEW = 8 * 1024 * 1024;

export interface Upload {
  readonly id: number;
  readonly file: File;
  /** `data:` address of a picture, which the page's policy lets an image have; empty for everything else. */
  preview: string;
  state: 'waiting' | 'sending' | 'done' | 'failed';
  /** 0 to 1 of what was sent. */
  share: number;
  token: string;
  /** Why it failed. */
  reason: string;
}

const shown = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

export class Uploads {
  all: readonly Upload[] = [];
  readonly #send: TicketApi['upload'];
  readonly #changed: () => void;
  readonly #runs = new Map<number, AbortController>();
  #next = 1;

  constructor(send: TicketApi['upload'], changed: () => void) {
    this.#send = send;
    this.#changed = changed;
  }

  get busy(): boolean {
    return this.all.some((one) => one.state === 'waiting' || one.state === 'sending');
  }

  get failed(): boolean {
    return this.all.some((one) => one.state === 'failed');
  }

  get tokens(): string[] {
    return this.all.filter((one) => one.state === 'done').map((one) => one.token);
  }

  /** Takes what fits; returns the files that do not, because they are too big or too many. */
  add(files: Iterable<File>): readonly File[] {
    const left: File[] = [];
    const fresh: Upload[] = [];
    for (const file of files) {
      if (file.size > MAX_BYTES || this.all.length + fresh.length >= MOST) left.push(file);
      else
        fresh.push({
          id: this.#next++,
          file,
          preview: '',
          state: 'waiting',
          share: 0,
          token: '',
          reason: '',
        });
    }
    this.all = [...this.all, ...fresh];
    for (const one of fresh) if (shown.has(one.file.type) && one.file.size <= MAX_PREVIEW) void this.#look(one);
    this.#pump();
    return left;
  }

  async #look(one: Upload): Promise<void> {
    try {
      one.preview = await dataUrl(one.file);
      this.#changed();
    } catch {
      // it stands there by its name
    }
  }

  retry(id: number): void {
    const one = this.all.find((other) => other.id === id);
    if (one?.state !== 'failed') return;
    Object.assign(one, { state: 'waiting', share: 0, reason: '' });
    this.#pump();
  }

  remove(id: number): void {
    this.#runs.get(id)?.abort();
    this.#runs.delete(id);
    this.all = this.all.filter((one) => one.id !== id);
    this.#pump();
  }

  clear(): void {
    for (const one of this.all) this.remove(one.id);
  }

  #pump(): void {
    for (const one of this.all) {
      if (this.#runs.size >= AT_ONCE) break;
      if (one.state === 'waiting') void this.#run(one);
    }
    this.#changed();
  }

  async #run(one: Upload): Promise<void> {
    const run = new AbortController();
    this.#runs.set(one.id, run);
    one.state = 'sending';
    try {
      const { token } = await this.#send(one.file, {
        progress: (share) => {
          one.share = share;
          this.#changed();
        },
        signal: run.signal,
      });
      one.token = token;
      one.state = 'done';
    } catch (error) {
      if (run.signal.aborted) return;
      one.state = 'failed';
      one.reason = reasonOf(error);
    } finally {
      if (this.#runs.get(one.id) === run) this.#runs.delete(one.id);
      this.#pump();
    }
  }
}

/** The files of a paste or a drop; a pasted screenshot gets a name that says when it was made. */
export function filesOf(data: DataTransfer | null, now: Date): File[] {
  return [...(data?.files ?? [])].map((file) => (file.name && file.name !== 'image.png' ? file : named(file, now)));
}

function named(file: File, now: Date): File {
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}-${two(now.getMinutes())}-${two(now.getSeconds())}`;
  const kind = file.type.split('/')[1]?.replace('jpeg', 'jpg') ?? 'bin';
  return new File([file], `screenshot-${day}-${time}.${kind}`, { type: file.type });
}
