// `/signin`: where a person of any connector begins. With one directory its form stands there at once.
import type { Connector, DirectoryConnector } from '../../service/contracts/people-table.ts'
import { connectorNamed } from '../../service/people/table/named.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import { notice, requestIdNote } from '../pages/notice.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { nextField } from './next.ts'
import { connectorPath, type PeopleParts, rolesPath, signInPath, startPath } from './parts.ts'

/** Of what was typed as a login, as it is shown again. */
const longestLogin = 256

export function signInPages(parts: PeopleParts): readonly Page[] {
  return [
    {
      method: 'GET',
      path: signInPath,
      async handle({ exchange, query, now }) {
        const { connectors } = await parts.people.table()
        return showSignIn(
          parts,
          exchange,
          connectors.filter(({ hidden }) => !hidden),
          query.get(nextField),
          now,
        )
      },
    },
    {
      method: 'GET',
      path: connectorPath(':connector'),
      async handle({ exchange, params, query, now }) {
        const connector = connectorNamed(await parts.people.table(), params.connector)
        return connector && showSignIn(parts, exchange, [connector], query.get(nextField), now)
      },
    },
  ]
}

/** What is shown of an attempt that came to nothing. INVARIANT: nothing of the password. */
export interface Failure {
  readonly login: string
  readonly words: string
  readonly status: number
  readonly requestId: string
}

export async function showSignIn(
  parts: PeopleParts,
  exchange: Exchange,
  connectors: readonly Connector[],
  next: string | null | undefined,
  now: Date,
  failure?: Failure,
): Promise<Reply> {
  const { browser } = parts
  const { site } = browser
  const directories = connectors.filter((one) => one.kind === 'directory')
  const [only] = directories
  const form = only !== undefined && directories.length === 1 ? only : undefined
  const others = connectors.filter((one) => one !== form)
  // What is none of ours is not carried on.
  const carried = parts.next.open(next, now) === undefined ? undefined : (next ?? undefined)
  const issued = form && (await browser.guard.issue(exchange, pathIn(site, connectorPath(form.name))))
  const signIn = await browser.of(exchange, now)
  const content = html`${signIn === undefined ? [] : html`<p>You are signed in as <b><bdi>${signIn.login}</bdi></b>. <a href="${pathIn(site, rolesPath)}">Choose a role</a></p>`}
${failure === undefined ? [] : html`<p role="alert">${failure.words}</p>`}
${form === undefined || issued === undefined ? [] : passwordForm(parts, form, issued.field, carried, failure)}
${others.length === 0 ? [] : html`<ul class="people">${others.map((one) => way(parts, one, carried))}</ul>`}
${failure === undefined ? [] : requestIdNote(failure.requestId)}
${connectors.length === 0 ? html`<p>Nobody can sign in here with a company login yet.</p>` : []}`
  return notice(site, 'Sign in', content, {
    status: failure?.status ?? 200,
    formTargets: form === undefined ? [] : ["'self'"],
    headers: issued?.headers ?? [],
  })
}

const query = (next: string | undefined) => (next === undefined ? '' : `?${new URLSearchParams({ [nextField]: next })}`)

function passwordForm(
  { browser: { site } }: PeopleParts,
  { name, title }: DirectoryConnector,
  field: Html,
  next: string | undefined,
  failure: Failure | undefined,
): Html {
  const login = failure?.login.slice(0, longestLogin) ?? ''
  return html`<form method="post" action="${pathIn(site, connectorPath(name))}">
${field}${next === undefined ? [] : html`<input type="hidden" name="${nextField}" value="${next}">`}
<p>With your login at <b>${title}</b>.</p>
<p class="field"><label for="login">Login</label>
<input id="login" name="login" value="${login}" autocomplete="username" autocapitalize="none" spellcheck="false" required="" autofocus=""></p>
<p class="field"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required=""></p>
<p><button class="button">Sign in</button></p>
</form>`
}

/** A connector that has a page of its own, here or at its provider. */
function way({ browser: { site } }: PeopleParts, { kind, name, title }: Connector, next: string | undefined): Html {
  const [path, says] =
    kind === 'directory'
      ? [connectorPath(name), 'Login and password']
      : [startPath(name), 'At your company’s sign-in page']
  return html`<li><a class="person" href="${pathIn(site, path) + query(next)}"><b>${title}</b><span class="soft">${says}</span></a></li>
`
}
