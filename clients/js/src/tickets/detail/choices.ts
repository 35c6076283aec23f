/** What the three pickers offer, asked of the server each time one opens: it depends on the status, the person and the moment. */

import type { TicketApi } from './api';
import type { Choice, Choices } from './pick';
import { t } from './strings';
import type { Person, Priority, Status, Task } from './types';

type Find = (q: string, signal: AbortSignal) => Promise<Choices>;

export function statusChoices(api: TicketApi): Find {
  return async (_q, signal) => ({
    choices: (await api.statuses(signal)).map(
      (one): Choice<Status> => ({
        id: String(one.id),
        label: one.name,
        current: one.current,
        value: { id: one.id, name: one.name, closed: one.closed },
        ...(one.closed ? { hint: t('closes') } : {}),
      }),
    ),
  });
}

/** Highest first: that is what one looks for when a priority changes. */
export function priorityChoices(api: TicketApi, task: () => Task | null): Find {
  return async (_q, signal) => {
    const all = await api.priorities(signal);
    const now = task()?.priority;
    return {
      choices: [...all]
        .sort((a, b) => b.rank - a.rank)
        .map(
          (one): Choice<Priority> => ({
            id: String(one.id),
            label: one.name,
            current: one.current,
            // Whether it counts as high is the server's to say with its answer; until then: as high as what was so before.
            value: {
              id: one.id,
              name: one.name,
              rank: one.rank,
              high: now?.high === true ? one.rank >= now.rank : now !== undefined && one.rank > now.rank + 1,
            },
          }),
        ),
    };
  };
}

/** Oneself first, then the others, and nobody. */
export function assigneeChoices(api: TicketApi, task: () => Task | null): Find {
  return async (q, signal) => {
    const { assignees, more } = await api.assignees(q, signal);
    const people: readonly Choice<Person>[] = [...assignees]
      .sort((a, b) => Number(b.me) - Number(a.me))
      .map((one): Choice<Person> => {
        const { current, login: _, ...person } = one;
        const hint = one.me ? t('me') : one.group ? t('group') : '';
        return {
          id: String(one.id),
          label: one.name,
          current,
          icon: 'user',
          value: person,
          ...(hint ? { hint } : {}),
        };
      });
    const nobody: Choice<null> = { id: 'none', label: t('nobody'), current: !task()?.assignee, value: null };
    const me = assignees.some((one) => one.me) ? 1 : 0;
    return { choices: q ? people : [...people.slice(0, me), nobody, ...people.slice(me)], more };
  };
}
