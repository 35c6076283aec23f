import { describe, expect, it } from 'vitest';
import { readPush, safeUrl } from '../../src/sw/payload';

const SITE = 'https://nav.test';
const generic = { title: 'Navigator', body: 'something' };
const read = (data: unknown) => readPush(data, SITE, generic);

/** What hub/push.py's payload() makes. */
const ours = {
  web_push: 8030,
  notification: {
    title: 'Петрова',
    body: 'комментарий к #14',
    tag: 'abc_-1',
    navigate: 'https://nav.test/tickets/14?x=1',
    data: { id: 'journal:14', seq: 41, url: '/tickets/14?x=1' },
  },
  unread: 3,
  read: ['t1', 't2'],
};

const shown = {
  title: 'Петрова',
  body: 'комментарий к #14',
  tag: 'abc_-1',
  renotify: false,
  url: '/tickets/14?x=1',
  id: 'journal:14',
  seq: 41,
  unread: 3,
  read: ['t1', 't2'],
};

describe('push payload', () => {
  it('is read in our own shape', () => {
    expect(read(ours)).toEqual(shown);
  });

  it("is read in FCM's shape, whose data are strings", () => {
    const fcm = {
      notification: { title: 'Петрова', body: 'комментарий к #14', tag: 'abc_-1', data: { id: 'journal:14', seq: 41 } },
      data: { id: 'journal:14', seq: '41', url: '/tickets/14?x=1', unread: '3', read: '["t1","t2"]' },
      fcmOptions: { link: 'https://nav.test/elsewhere' },
      from: '123',
      fcmMessageId: 'x',
    };
    expect(read(fcm)).toEqual(shown);
  });

  it('takes the link where there is no path', () => {
    expect(read({ notification: { title: 'x', navigate: 'https://nav.test/a#b' } }).url).toBe('/a#b');
    expect(read({ notification: { title: 'x' }, fcmOptions: { link: 'https://nav.test/c' } }).url).toBe('/c');
  });

  it('always gives something to show, whatever came', () => {
    for (const bad of [
      null,
      undefined,
      1,
      'text',
      [],
      {},
      { notification: 7 },
      { notification: { title: 5, body: {} } },
    ]) {
      expect(read(bad)).toMatchObject({ title: 'Navigator', body: 'something', url: '/', unread: null, read: [] });
    }
    expect(read({ ...ours, unread: -1, read: [1, '', null, 't3'] })).toMatchObject({ unread: null, read: ['t3'] });
    expect(read({ ...ours, read: '{"no":"list"}' }).read).toEqual([]);
  });

  it('lets a click lead below this site or to https elsewhere, never to a script', () => {
    expect(safeUrl('/a?b#c', SITE)).toBe('/a?b#c');
    expect(safeUrl('https://redmine.test/issues/1', SITE)).toBe('https://redmine.test/issues/1');
    expect(safeUrl('//evil.test/x', SITE)).toBe('https://evil.test/x');
    for (const bad of [
      'javascript:alert(1)',
      'data:text/html,x',
      'http://plain.test/',
      'https://',
      'file:///etc/passwd',
    ]) {
      expect(safeUrl(bad, SITE)).toBe('/');
    }
  });
});
