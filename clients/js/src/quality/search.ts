/** What the list of issues is of. */
export interface Search {
  readonly q: string;
  readonly state: string;
  readonly project: string;
  readonly tracker: string;
  readonly sort: string;
  readonly offset: number;
}

export const noSearch: Search = { q: '', state: '', project: '', tracker: '', sort: 'updated', offset: 0 };
