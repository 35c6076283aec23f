import { css, html, nothing } from 'lit';
import '../ui/panel';
import { t } from './host-strings';
import { stateMark } from './states';
import type { Host, Spec } from './types';
import { duration, millis, share } from './units';

/** Stand after the page's: a list that is one of its facts. */
export const aboutStyles = css`
  .facts.wide {
    grid-template-columns: auto minmax(0, 1fr);
    gap: 6px var(--tez-4);
    margin: 0;
  }
  .facts.wide div {
    display: contents;
  }
`;

/** How a host is checked, and what it hangs on; `spec` may not be known yet. */
export function aboutView(id: string, live: Host, hosts: ReadonlyMap<string, Host>, spec: Partial<Spec> | undefined) {
  const parent = live.parent ? hosts.get(live.parent) : undefined;
  const children = [...hosts].filter(([, one]) => one.parent === id);
  const fact = (name: string, value: unknown) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const link = (of: string, host: Host) =>
    html`<li>${stateMark(host.state, 14)} <a href=${`/netmonitor/hosts/${encodeURIComponent(of)}`}>${host.name}</a></li>`;
  return html`<tez-panel .heading=${t('about')}>
    <dl class="facts wide">
      ${fact(t('id'), id)} ${fact(t('check'), checkText(live, spec))}
      ${spec?.interval_s ? fact(t('interval'), duration(spec.interval_s)) : nothing}
      ${spec?.limits ? fact(t('limits'), limitsText(spec.limits)) : nothing}
      ${live.parent ? fact(t('parent'), parent ? html`<ul class="plain">${link(live.parent, parent)}</ul>` : live.parent) : nothing}
      ${children.length ? fact(t('children'), html`<ul class="plain">${children.slice(0, 20).map(([of, one]) => link(of, one))}${children.length > 20 ? html`<li>${t('more', { n: children.length - 20 })}</li>` : nothing}</ul>`) : nothing}
    </dl>
  </tez-panel>`;
}

function checkText(live: Host, spec: Partial<Spec> | undefined): string {
  if (live.check === 'tcp') return t('checkTcp', { port: String(spec?.tcp?.port ?? '—') });
  if (live.check === 'http') return t('checkHttp', { url: String(spec?.http?.url ?? '') });
  const echoes = spec?.ping?.echoes;
  return echoes ? t('checkPing', { n: echoes }) : t('checkPingPlain');
}

function limitsText(limits: NonNullable<Spec['limits']>): string {
  const number = (name: string, usual: number) => limits[name] ?? usual;
  const parts = [
    t('limitRaise', { bad: number('raise_bad', 3), of: number('raise_of', 5) }),
    t('limitClear', { n: number('clear_good', 2) }),
    t('limitLoss', { raise: share(number('loss_raise', 0.2)), clear: share(number('loss_clear', 0.05)) }),
  ];
  if (limits.p95_raise_ms != null)
    parts.push(
      t('limitP95', { raise: millis(limits.p95_raise_ms), clear: millis(limits.p95_clear_ms ?? limits.p95_raise_ms) }),
    );
  return parts.join('; ');
}
