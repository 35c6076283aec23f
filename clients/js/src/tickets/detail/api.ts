/** Every request of one ticket's page. Nothing here keeps state. */

import { HttpError, request } from '../../inbox/session';
import { upload } from '../../inbox/upload';
import type { Act, Outcome } from './act';
import { t } from './strings';
import type { Conflict, Draft, PersonChoice, PriorityChoice, StatusChoice, Task, Written } from './types';

const LIMIT_MS = 15_000;
const WRITE_MS = 30_000; // a write is read back from Redmine before it is answered
const UPLOAD_MS = 600_000; // a hundred megabytes over an office line
/** Waits before an act without an answer is sent again; the key makes sure that it is done once. */
const AGAIN_MS = [700, 2500, 5000];

export interface TicketApi {
  task(signal: AbortSignal): Promise<Task>;
  /** Does it once, however often it has to be sent. Never rejects but by `signal`. */
  act(act: Act, signal: AbortSignal): Promise<Outcome>;
  statuses(signal: AbortSignal): Promise<readonly StatusChoice[]>;
  priorities(signal: AbortSignal): Promise<readonly PriorityChoice[]>;
  assignees(
    q: string,
    signal: AbortSignal,
  ): Promise<{ readonly assignees: readonly PersonChoice[]; readonly more: boolean }>;
  draft(signal: AbortSignal): Promise<Draft | null>;
  putDraft(draft: Omit<Draft, 'saved_at'>, signal: AbortSignal): Promise<void>;
  dropDraft(signal: AbortSignal): Promise<void>;
  read(version: string): Promise<void>;
  preview(text: string, signal: AbortSignal): Promise<string>;
  upload(
    file: File,
    options: { readonly progress: (share: number) => void; readonly signal: AbortSignal },
  ): Promise<{ readonly token: string }>;
}

/** The requests below `/tasks/api` about ticket `id`. */
export function webApi(base: string, csrf: string, id: number): TicketApi {
  const root = `/tasks/api/task/${id}`;
  const get = <T>(path: string, signal: AbortSignal): Promise<T> =>
    request<T>(base, path, { signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]) });
  const send = <T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> =>
    request<T>(base, path, {
      method,
      csrf,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]) } : {}),
    });
  const write = ({ key, deed, version }: Act, signal: AbortSignal): Promise<Written> => {
    const [method, path, body] = wire(deed);
    return request<Written>(base, `${root}/${path}`, {
      method,
      csrf,
      headers: { 'Idempotency-Key': key },
      body: JSON.stringify({ ...body, version }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(WRITE_MS)]),
    });
  };
  return {
    task: (signal) => get(root, signal),
    act: (act, signal) => persist(() => write(act, signal), signal),
    statuses: async (signal) => (await get<{ statuses: readonly StatusChoice[] }>(`${root}/statuses`, signal)).statuses,
    priorities: async (signal) =>
      (await get<{ priorities: readonly PriorityChoice[] }>(`${root}/priorities`, signal)).priorities,
    assignees: (q, signal) => get(`${root}/assignees?${new URLSearchParams({ q })}`, signal),
    draft: async (signal) => (await get<{ draft: Draft | null }>(`${root}/draft`, signal)).draft,
    putDraft: (draft, signal) => send('PUT', `${root}/draft`, draft, signal),
    dropDraft: (signal) => send('DELETE', `${root}/draft`, undefined, signal),
    read: (version) => send('POST', `${root}/read`, { version }),
    preview: async (text, signal) =>
      (await send<{ html: string }>('POST', '/tasks/api/preview', { text }, signal)).html,
    upload: (file, options) =>
      upload(`${base}${root}/attachments?${new URLSearchParams({ filename: file.name })}`, file, {
        method: 'POST',
        csrf,
        limit: UPLOAD_MS,
        ...options,
      }),
  };
}

function wire(deed: Act['deed']): readonly [method: string, path: string, body: object] {
  switch (deed.kind) {
    case 'status': {
      const comment = deed.comment ? { comment: deed.comment, private: deed.private ?? false } : {};
      return ['PUT', 'status', { status_id: deed.to.id, ...comment }];
    }
    case 'priority':
      return ['PUT', 'priority', { priority_id: deed.to.id }];
    case 'assignee':
      return ['PUT', 'assignee', { assignee_id: deed.to?.id ?? null }];
    case 'comment':
      return ['POST', 'comments', { text: deed.text, private: deed.private, attachments: deed.attachments }];
  }
}

/** Sends until there is an answer, a few times at most. */
async function persist(send: () => Promise<Written>, signal: AbortSignal): Promise<Outcome> {
  for (let turn = 0; ; turn++) {
    try {
      return { kind: 'done', written: await send() };
    } catch (error) {
      signal.throwIfAborted();
      const wait = AGAIN_MS[turn];
      if (wait === undefined || !isOpen(error)) return outcomeOf(error);
      await pause(wait, signal);
    }
  }
}

/** No answer came, or the first sending is still being done: what happened is not known yet, and asking again with the same key tells. */
function isOpen(error: unknown): boolean {
  return !(error instanceof HttpError) || error.code === 'in_progress';
}

/** What an error of a write says. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof HttpError)) return { kind: 'lost', reason: t('noAnswerToWrite') };
  const body = (error.body ?? {}) as {
    conflict?: Conflict;
    task?: Task | null;
    error?: { reasons?: readonly string[] };
  };
  if (error.code === 'conflict' && body.conflict) return { kind: 'conflict', conflict: body.conflict };
  if (error.code === 'in_progress') return { kind: 'lost', reason: error.message };
  if (error.code === 'unclear') return { kind: 'unclear', reason: error.message, task: body.task ?? null };
  const reasons = body.error?.reasons ?? [];
  return { kind: 'refused', code: error.code, reason: reasons.length ? reasons.join(' ') : reasonOf(error) };
}

/** Why something failed, in words; the server's own where there are no better ones. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof HttpError)) return t('noAnswer');
  return error.code === 'unknown' ? t('serverFault', { status: String(error.status) }) : error.message;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    }
    signal.addEventListener('abort', done);
  });
}
