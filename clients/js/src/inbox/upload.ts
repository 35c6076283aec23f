/** Sending a file with its progress, which `fetch` cannot tell. */

import { HttpError } from './session';

/** Sends the file as it is; `progress` gets 0 to 1 of what was sent. Rejects with `HttpError` for a refusal, with an Error for no answer. */
export function upload<T>(
  path: string,
  file: Blob,
  options: {
    readonly method: 'PUT' | 'POST';
    readonly csrf: string;
    readonly progress: (share: number) => void;
    readonly signal: AbortSignal;
    /** Gives up after so many ms. */
    readonly limit: number;
  },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const way = new XMLHttpRequest();
    way.open(options.method, path);
    way.timeout = options.limit;
    way.responseType = 'json';
    way.setRequestHeader('Accept', 'application/json');
    way.setRequestHeader('X-CSRF-Token', options.csrf);
    way.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    way.upload.onprogress = (event) => event.lengthComputable && options.progress(event.loaded / event.total);
    way.upload.onload = () => options.progress(1);
    way.onload = () => {
      if (way.status >= 200 && way.status < 300) return resolve(way.response as T);
      const fault = (way.response as { error?: { code?: string; message?: string } } | null)?.error;
      reject(new HttpError(way.status, fault?.code ?? 'unknown', fault?.message ?? `HTTP ${way.status}`));
    };
    way.onerror = way.ontimeout = () => reject(new Error('no answer'));
    way.onabort = () => reject(new DOMException('cancelled', 'AbortError'));
    options.signal.addEventListener('abort', () => way.abort());
    way.send(file);
  });
}

/** The file as a `data:` address, which the page's policy lets an image have. */
export function dataUrl(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('the file cannot be read'));
    reader.readAsDataURL(file);
  });
}
