// `login`: a sign-in token for a console session (IAM User Guide, as in get-signin-token.ts). A GET from elsewhere that sets a
// cookie, as at AWS, so whoever made the link chooses who the browser becomes: what bounds that is that somebody else's session
// is never replaced unasked, and that every page of the console says whose it is.
import type { ConsoleSession } from '../../service/console/session.ts'
import { isOfAnother } from '../../service/console/session.ts'
import type { RefusedSignIn } from '../../service/console/sign-in-events.ts'
import type { SignInGrant, SignInTokens } from '../../service/console/sign-in-tokens.ts'
import type { Form } from '../../wire/form.ts'
import type { BrowserSessions } from '../console-session.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { isNavigation } from '../pages/navigation.ts'
import { text } from '../pages/page.ts'
import { destinationOf } from './destinations.ts'
import { askToReplace, problemPage } from './documents.ts'

export interface LoginParts {
  readonly tokens: Pick<SignInTokens, 'open'>
  readonly browsers: BrowserSessions
  readonly refused: (exchange: Exchange, event: RefusedSignIn, now: Date) => void
}

export const loginFields = ['SigninToken', 'Destination', 'Issuer'] as const

/** A link that was followed. Asks first when the browser has somebody else's session. */
export async function login(parts: LoginParts, exchange: Exchange, parameters: Form, now: Date): Promise<Reply> {
  if (!isNavigation(exchange)) return text(403, 'A sign-in is a page that a browser opens.')
  return signIn(parts, exchange, parameters, now, false)
}

/** The form of somebody who was asked. */
export const replaceSession = (parts: LoginParts, exchange: Exchange, fields: Form, now: Date) =>
  signIn(parts, exchange, fields, now, true)

async function signIn(
  { tokens, browsers, refused }: LoginParts,
  exchange: Exchange,
  parameters: Form,
  now: Date,
  isAsked: boolean,
): Promise<Reply> {
  const { site } = browsers
  const destination = destinationOf(site, parameters.get('Destination') ?? '')
  const refuse = (reason: string) => {
    const data = { ...(destination === undefined ? {} : { LoginTo: site.origin + destination }), MFAUsed: 'No' }
    refused(exchange, { name: 'ConsoleLogin', reason, data }, now)
    return problemPage(site, `The link did not sign you in: ${reason}.`, 400, exchange.requestId)
  }
  // INVARIANT: where the sign-in leads is known before a cookie is set.
  if (destination === undefined) return refuse('the destination is not a console of this server')
  const token = parameters.get('SigninToken') ?? ''
  const grant = await tokens.open(token, now)
  if ('refused' in grant) return refuse(grant.refused)
  const found = await browsers.of(exchange, now)
  const session = found !== undefined && 'session' in found ? found.session : undefined
  const isOthers = session !== undefined && isOfAnother(session, grant.pass)
  if (isOthers && !isAsked) {
    const hidden = loginFields.map((name) => [name, parameters.get(name) ?? ''] as const)
    return askToReplace(browsers, session, grant, hidden)
  }
  return begin({ browsers }, exchange, { grant, session, isOthers, isAsked, destination, parameters, refuse }, now)
}

async function begin(
  { browsers }: Pick<LoginParts, 'browsers'>,
  exchange: Exchange,
  sign: {
    readonly grant: SignInGrant
    readonly session: ConsoleSession | undefined
    readonly isOthers: boolean
    readonly isAsked: boolean
    readonly destination: string
    readonly parameters: Form
    readonly refuse: (reason: string) => Reply
  },
  now: Date,
): Promise<Reply> {
  const { grant, session, isOthers, isAsked, destination, parameters, refuse } = sign
  const own = grant.console()
  if (own === undefined) return refuse('the credentials are too large for a console of their own')
  const { endsAt, ...credentials } = own
  const issuer = issuerOf(parameters.get('Issuer') ?? '')
  const begun = await browsers.begin(
    exchange,
    {
      ...{ credentials, endsAt, destination: browsers.site.origin + destination, isNewPass: true },
      ...(issuer === undefined ? {} : { issuer }),
      ...(session === undefined ? {} : { replaces: { session, signsOut: isOthers } }),
      provided: grant.use,
    },
    now,
  )
  if ('rejected' in begun) {
    return refuse(
      begun.rejected === 'used' ? 'the sign-in token was used before' : 'the credentials are no longer good',
    )
  }
  return { status: isAsked ? 303 : 302, headers: ['Location', destination, ...begun.headers], body: '' }
}

/** Where to sign in again, if that is an https address. Shown as a link, and never followed by itself. */
function issuerOf(text: string): string | undefined {
  if (text.length > 2048 || !/^https:\/\/[!-~]+$/i.test(text) || text.includes('\\') || !URL.canParse(text))
    return undefined
  const url = new URL(text)
  return url.username === '' && url.password === '' ? url.href : undefined
}
