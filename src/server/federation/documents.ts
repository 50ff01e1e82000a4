// What the federation endpoint shows to people: a question before a session is replaced or ended, and what went wrong.
import { callerName } from '../../service/access/requester.ts'
import type { ConsoleSession, OpenedCredentials } from '../../service/console/session.ts'
import type { BrowserSessions } from '../console-session.ts'
import type { Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import { notice, requestIdNote } from '../pages/notice.ts'
import { pathIn, type Site } from '../pages/site.ts'
import { consolePath } from './destinations.ts'

/** Below the public URL. */
export const replacePath = '/federation/replace'
export const signOutPath = '/federation/sign-out'

/** A form's fields that a person does not see. */
export type Hidden = readonly (readonly [name: string, value: string])[]

/** How a session is named, by policies and in the audit: an ARN. */
export const nameOf = ({ pass, subject }: Pick<OpenedCredentials, 'pass' | 'subject'>): string =>
  callerName({ kind: 'session', pass }, subject).requester.arn ?? ''

interface Question {
  readonly title: string
  /** Where its form is sent: the path as a browser asks for it. */
  readonly action: string
  /** The form's token. */
  readonly field: Html
  readonly hidden: Hidden
  readonly says: Html
  readonly button: string
}

function question(site: Site, { title, action, field, hidden, says, button }: Question): Reply {
  return notice(
    site,
    title,
    html`${says}
<form method="post" action="${action}">
${field}${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<p><button class="button">${button}</button></p>
</form>
<nav><a href="${pathIn(site, consolePath)}">Stay signed in</a></nav>`,
    { formTargets: ["'self'"] },
  )
}

/** Before somebody else's session is replaced, with AWS's sentence. `next`: who the person would be, and the words for it. */
export const askBeforeReplacing = (
  site: Site,
  { current }: ConsoleSession,
  next: { readonly term: string; readonly who: Html },
  form: Pick<Question, 'action' | 'field' | 'hidden'>,
): Reply =>
  question(site, {
    ...{ ...form, title: 'You are already signed in', button: 'Sign out and continue' },
    says: html`<p>You must first log out before logging into a different AWS account.
If you did not mean to become somebody else, stay signed in.</p>
<dl><dt>You are</dt><dd>${nameOf(current)}</dd><dt>${next.term}</dt><dd>${next.who}</dd></dl>`,
  })

/** The question of a link. */
export function askToReplace(
  { site, field }: BrowserSessions,
  session: ConsoleSession,
  next: Pick<OpenedCredentials, 'pass' | 'subject'>,
  hidden: Hidden,
): Reply {
  const action = pathIn(site, replacePath)
  const who = { term: 'The link signs you in as', who: html`${nameOf(next)}` }
  return askBeforeReplacing(site, session, who, { action, field: field(session, action), hidden })
}

/** `signsIn`: the link leads on to a login. */
export function askToSignOut(
  { site, field }: BrowserSessions,
  session: ConsoleSession,
  signsIn: boolean,
  hidden: Hidden,
): Reply {
  const action = pathIn(site, signOutPath)
  return question(site, {
    ...{ title: 'Sign out?', action, field: field(session, action), hidden },
    button: signsIn ? 'Sign out, and follow the link' : 'Sign out',
    says: html`<p>A link leads here. Signing out also ends the credentials that you copied from this session.</p>
${signsIn ? html`<p>The link then signs you in again, as whoever it was made for. If you did not ask for that, stay signed in.</p>` : []}
<dl><dt>You are</dt><dd>${nameOf(session.current)}</dd></dl>`,
  })
}

/** What went wrong, with what the operator finds it by. */
export const problemPage = (site: Site, words: string, status: number, requestId?: string): Reply =>
  notice(
    site,
    'Something is wrong with this link',
    html`<p role="alert">${words}</p>
${requestId === undefined ? [] : requestIdNote(requestId)}
<nav><a href="${pathIn(site, consolePath)}">Go to the console</a></nav>`,
    { status },
  )
