// The smallest worker that shows both shapes of a push: the hub's own, and the one in which FCM hands a message over.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

const close = async (tags) => {
  for (const tag of tags) for (const each of await self.registration.getNotifications({tag})) each.close();
};

self.addEventListener('push', (event) => event.waitUntil((async () => {
  const push = event.data.json();
  const {title, body, tag, data} = push.notification;
  await self.registration.showNotification(title, {body, tag, data});
  await close(push.read ?? JSON.parse(push.data?.read ?? '[]'));
})()));
