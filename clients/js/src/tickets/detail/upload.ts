/** Sending a ticket's file with its progress, which `fetch` cannot tell. */

import { HttpError } from '../../inbox/session';

const LIMIT_MS = 600_000; // a hundred megabytes over an office line

export interface UploadOptions {
  readonly csrf: string;
  /** Gets 0 to 1 of what was sent. */
  readonly progress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** POSTs the file as it is. Rejects with `HttpError` for a refusal, with an Error for no answer, with AbortError when `signal` says so. */
export function upload(path: string, file: Blob, options: UploadOptions): Promise<{ readonly token: string }> {
  const { csrf, progress, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const way = new XMLHttpRequest();
    way.open('POST', path);
    way.timeout = LIMIT_MS;
    way.responseType = 'json';
    way.setRequestHeader('Accept', 'application/json');
    way.setRequestHeader('X-CSRF-Token', csrf);
    way.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    way.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    way.onload = () => {
      if (way.status >= 200 && way.status < 300) return resolve(way.response as { token: string });
      const fault = (way.response as { error?: { code?: string; message?: string } } | null)?.error;
      reject(new HttpError(way.status, fault?.code ?? 'unknown', fault?.message ?? `HTTP ${way.status}`));
    };
    way.onerror = way.ontimeout = () => reject(new Error('no answer'));
    way.onabort = () => reject(new DOMException('cancelled', 'AbortError'));
    signal.addEventListener('abort', () => way.abort(), { once: true });
    way.send(file);
  });
}
