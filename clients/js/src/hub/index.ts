/**
 * The TypeScript client of hub.v1, without dependencies.
 *
 *     const hub = new SharedHub({ url: '/hub/socket', client: 'tez-navigator/0.1.0' });
 *     const inbox = new InboxStore(hub, (query) => fetchJson(inboxUrl(query)));
 *     hub.start();
 *     await inbox.load();
 */
export { deviceId } from './device';
export type { HubEnv } from './env';
export { InboxStore } from './inbox';
export { HubError, SharedHub, type SharedHubOptions } from './shared';
export { SystemStore } from './system';
export type * from './types';
