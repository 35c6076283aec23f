/** The topic as the page sees it: folded as the server folds it (adapters/finesse/feed.py), tried by tests/vectors/finesse_fold.json. */

import type { Asked, Calls, Dialog, Member, TeamView } from './types';

/** Before anything was told. */
export const nothing: Calls = {
  service: { state: 'off', since: null, why: null, node: null },
  platform: null,
  agent: null,
  reasons: { not_ready: [], logout: [], wrap_up: [] },
  dialogs: {},
  asked: {},
  missed: [],
};

/** A snapshot, or the whole anew. */
export function adopt(told: Partial<Calls> | null | undefined): Calls {
  return { ...nothing, ...(told ?? {}) };
}

/** One event applied; `calls` stays as it is. */
export function fold(calls: Calls, type: string, data: unknown): Calls {
  const told = (data ?? {}) as Record<string, never>;
  switch (type) {
    case 'finesse.all':
      return adopt(data as Partial<Calls>);
    case 'finesse.service':
    case 'finesse.agent':
    case 'finesse.reasons':
    case 'finesse.missed': {
      const member = type.slice('finesse.'.length) as 'service' | 'agent' | 'reasons' | 'missed';
      return member in told ? { ...calls, [member]: told[member] } : calls;
    }
    case 'finesse.dialog': {
      const dialog = told.dialog as Dialog | undefined;
      return dialog ? { ...calls, dialogs: { ...calls.dialogs, [dialog.id]: dialog } } : calls;
    }
    case 'finesse.dialog_gone':
      return { ...calls, dialogs: without(calls.dialogs, told.id) };
    case 'finesse.asked': {
      const { request, action, dialog, at, detail } = told as unknown as Asked & { request: string };
      return { ...calls, asked: { ...calls.asked, [request]: { action, dialog, at, detail } } };
    }
    case 'finesse.answered':
      return { ...calls, asked: without(calls.asked, told.request) };
    default:
      return calls; // of a newer server
  }
}

function without<T>(all: Readonly<Record<string, T>>, key: string | undefined): Readonly<Record<string, T>> {
  if (key === undefined || !Object.hasOwn(all, key)) return all;
  const { [key]: _gone, ...rest } = all;
  return rest;
}

/** Before a team was told. */
export const noTeam: TeamView = { team: null, agents: {} };

/** One event of `finesse_team:{id}` applied, as web/finesse/teams.py does: the whole, or one agent. */
export function foldTeam(view: TeamView, type: string, data: unknown): TeamView {
  switch (type) {
    case 'finesse_team.all':
      return { ...noTeam, ...(data as TeamView) };
    case 'finesse_team.agent': {
      const { agent, row } = data as { agent: string; row: Member };
      return { ...view, agents: { ...view.agents, [agent]: row } };
    }
    default:
      return view;
  }
}
