/** What the palette offers, as values: sections of entries for what was typed. No DOM, no network. */

import type { IconName } from '../ui/icons';
import type { Recent } from './recent';
import { t } from './strings';

/** Something that can be done; areas offer their own, see `offer.ts`. */
export interface Action {
  readonly id: string;
  readonly label: string;
  readonly icon?: IconName;
  /** Its key outside the palette. */
  readonly hint?: string;
  run(): void;
}

/** A page to go to. */
export interface Target {
  readonly label: string;
  readonly href: string;
  readonly icon?: IconName;
}

export interface Part {
  readonly text: string;
  readonly hit: boolean;
}

/** A ticket that the server found; mirrors the JSON of `/tasks/api/search`. */
export interface Hit {
  readonly id: number;
  readonly subject: string;
  readonly status: { readonly name: string; readonly closed: boolean };
  readonly project: { readonly name: string };
  readonly where: 'subject' | 'description' | 'note' | 'id';
  readonly snippet: readonly Part[];
}

export interface Entry {
  readonly key: string;
  readonly label: string;
  readonly icon: IconName;
  /** Exactly one of the two. */
  readonly href?: string;
  readonly run?: () => void;
  readonly hint?: string;
  /** A second line with what was found marked. */
  readonly snippet?: readonly Part[];
  /** The ticket that it opens, to be remembered. */
  readonly ticket?: Recent;
}

export interface Section {
  readonly name: string;
  readonly entries: readonly Entry[];
}

export interface Sources {
  readonly targets: readonly Target[];
  readonly actions: readonly Action[];
  readonly recent: readonly Recent[];
  readonly hits: readonly Hit[];
}

const MOST_COMMANDS = 6; // beside found tickets

/** Lower case, `ё` as `е`: what people type and what they mean. */
export function fold(text: string): string {
  return text.toLocaleLowerCase().replaceAll('ё', 'е').trim();
}

/** A ticket's number as people type it: `42`, `#42`, `№ 42`; null for anything else. */
export function numberOf(text: string): number | null {
  const id = Number(/^[#№]?\s*([1-9]\d{0,9})$/u.exec(text.trim())?.[1]);
  return Number.isSafeInteger(id) && id < 2 ** 31 ? id : null;
}

/** Every word of `typed` begins a word of `label`. */
export function fits(label: string, typed: string): boolean {
  const words = fold(label).split(/[^\p{L}\p{N}]+/u);
  return fold(typed)
    .split(/\s+/)
    .every((part) => words.some((word) => word.startsWith(part)));
}

/** The sections for what was typed, empty ones left out. */
export function sectionsFor(typed: string, from: Sources): Section[] {
  const text = typed.trim();
  const pages = from.targets.filter(({ label }) => fits(label, text)).map(page);
  const actions = from.actions.filter(({ label }) => fits(label, text)).map(action);
  const recent = from.recent.filter(({ subject }) => fits(subject, text)).map(ticket);
  if (!text)
    return some([
      { name: t('recent'), entries: recent },
      { name: t('pages'), entries: pages },
      { name: t('actions'), entries: actions },
    ]);
  const id = numberOf(text);
  const hits = from.hits.filter((hit) => hit.id !== id).map(found);
  const exact = from.hits.find((hit) => hit.id === id);
  const known = new Set(from.hits.map((hit) => hit.id));
  const tickets: Entry[] = [
    ...(id === null ? [] : [exact ? found(exact) : byNumber(id)]),
    ...hits,
    ...recent.filter((entry) => !known.has(entry.ticket?.id ?? 0) && entry.ticket?.id !== id),
  ];
  const rest: Entry = {
    key: 'list',
    label: t('searchList', { q: text }),
    icon: 'inbox',
    href: `/tasks/?${new URLSearchParams({ view: 'all', q: text, status: 'all' })}`,
  };
  return some([
    { name: t('pages'), entries: pages.slice(0, MOST_COMMANDS) },
    { name: t('actions'), entries: actions.slice(0, MOST_COMMANDS) },
    { name: t('tickets'), entries: [...tickets, rest] },
  ]);
}

function some(sections: readonly Section[]): Section[] {
  return sections.filter(({ entries }) => entries.length);
}

function page({ label, href, icon }: Target): Entry {
  return { key: `page ${href}`, label, href, icon: icon ?? 'open' };
}

function action({ id, label, icon, hint, run }: Action): Entry {
  return { key: `action ${id}`, label, icon: icon ?? 'keyboard', run, ...(hint ? { hint } : {}) };
}

function ticket({ id, subject }: Recent): Entry {
  return {
    key: `ticket ${id}`,
    label: subject,
    hint: `№ ${id}`,
    icon: 'ticket',
    href: `/tasks/${id}`,
    ticket: { id, subject },
  };
}

function byNumber(id: number): Entry {
  return { key: `ticket ${id}`, label: t('open', { id: String(id) }), icon: 'ticket', href: `/tasks/${id}` };
}

function found(hit: Hit): Entry {
  const { id, subject, status, where } = hit;
  const place = where === 'note' ? t('inNote') : where === 'description' ? t('inDescription') : '';
  const parts = where === 'note' || where === 'description' ? hit.snippet : [];
  return {
    ...ticket({ id, subject }),
    hint: `№ ${id} · ${status.name}`,
    ...(parts.length ? { snippet: [{ text: `${place}: `, hit: false }, ...parts] } : {}),
  };
}
