import { install } from './worker';

declare const __TEZ_VERSION__: string;

install(self as unknown as ServiceWorkerGlobalScope, __TEZ_VERSION__);
