// The frame of every page of the console: whose session it is, when it ends and the way out, above; where else to go, beside.
import type { Reply } from '../exchange.ts'
import { iconFile } from '../pages/assets.ts'
import { document } from '../pages/document.ts'
import { type Html, html } from '../pages/html.ts'
import { pathIn } from '../pages/site.ts'
import { holderOf, leftText, personOf, timeText } from './facts.ts'
import * as paths from './paths.ts'
import { roleField, type SessionRequest } from './session-page.ts'

export interface Shown {
  readonly title: string
  /** The page of the navigation that it is, or belongs to. */
  readonly here: Here
  readonly content: Html
  readonly status?: number
}

const sections = [
  [
    'Your session',
    [
      [paths.consolePath, 'Overview'],
      [paths.switchPath, 'Switch role'],
      [paths.permissionsPath, 'What may I do?'],
      [paths.credentialsPath, 'Credentials'],
    ],
  ],
  [
    'Account',
    [
      [paths.usersPath, 'Users'],
      [paths.rolesPath, 'Roles'],
      [paths.policiesPath, 'Policies'],
      [paths.providersPath, 'Identity providers'],
      [paths.poolsPath, 'Identity pools'],
    ],
  ],
] as const

export type Here = (typeof sections)[number][1][number][0]

export async function page(request: SessionRequest, { title, here, content, status = 200 }: Shown): Promise<Reply> {
  const { site } = request.parts.browsers
  const { current, returned } = request.session
  // Told at the one request that finds it, whichever page that is.
  const notice = html`<div class="note" role="status"><p>The session of the role that you switched to has ended. You are ${holderOf(current)} again.</p></div>`
  return document(site, `${title} · Hallpass`, html`${returned === undefined ? [] : notice}${content}`, {
    ...{ status, formTargets: ["'self'"], runsScript: true },
    banner: html`${await bar(request)}${navigation(request, here)}`,
  })
}

async function bar(request: SessionRequest): Promise<Html> {
  const { session, parts, now } = request
  const { site } = parts.browsers
  const { current, before, endsAt } = session
  const { account } = current.pass
  const name = await parts.accountName(account)
  const back =
    before === undefined
      ? []
      : form(request, paths.switchBackPath, html`<button class="quiet">Back to ${holderOf(before)}</button>`)
  return html`<header class="${before === undefined ? 'bar' : 'bar switched'}">
<a class="brand" href="${pathIn(site, paths.consolePath)}"><img src="${pathIn(site, iconFile.path)}" alt="" width="22" height="22">Hallpass</a>
<p class="who"><b>${personOf(current)}</b> <span>as <b>${holderOf(current)}</b> in <b>${name}</b>${name === account ? [] : html` <span class="id">${account}</span>`}</span></p>
<p class="ends">until <time datetime="${endsAt.toISOString()}">${timeText(endsAt)}</time> <span data-until="${endsAt.toISOString()}">${leftText(endsAt, now)}</span></p>
<div class="ways">${back}
${form(request, paths.signOutPath, html`<button class="quiet">Sign out</button>`)}</div>
</header>
`
}

function navigation({ parts }: SessionRequest, here: Here): Html {
  const { site } = parts.browsers
  const link = (path: Here, words: string) =>
    path === here
      ? html`<li><a href="${pathIn(site, path)}" aria-current="page">${words}</a></li>`
      : html`<li><a href="${pathIn(site, path)}">${words}</a></li>`
  return html`<nav class="side" aria-label="Console">
${sections.map(([words, links]) => html`<div><h2>${words}</h2><ul>${links.map(([path, text]) => link(path, text))}</ul></div>`)}
</nav>
`
}

/** A form of the session, sent to one of its own pages. */
export function form({ parts, session }: SessionRequest, path: string, content: Html, kind = 'inside'): Html {
  const action = pathIn(parts.browsers.site, path)
  const as = html`<input type="hidden" name="${roleField}" value="${session.current.credentials.accessKeyId}">`
  return html`<form method="post" action="${action}" class="${kind}">${parts.browsers.field(session, action)}${as}${content}</form>`
}
