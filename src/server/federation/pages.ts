// The federation endpoint: `/federation` and `/oauth` (IAM User Guide, "Enable custom identity broker access to the AWS
// console"), under the public URL, where cookies are; and under other names, where they are not (alias.ts).
import type { RefusedSignIn } from '../../service/console/sign-in-events.ts'
import type { SignInTokens } from '../../service/console/sign-in-tokens.ts'
import type { Form } from '../../wire/form.ts'
import type { BrowserSessions } from '../console-session.ts'
import { type Exchange, isRepeated, type Reply } from '../exchange.ts'
import type { Limits } from '../limits.ts'
import { type Page, type PageRequest, text } from '../pages/page.ts'
import { federationPath } from './destinations.ts'
import { replacePath, signOutPath } from './documents.ts'
import { getSignInToken } from './get-signin-token.ts'
import { login, loginFields, replaceSession } from './login.ts'
import { confirmedLogout, logout, logoutFields } from './logout.ts'
import { parametersOf } from './parameters.ts'

export interface FederationParts {
  readonly tokens: SignInTokens
  readonly limits: Pick<Limits, 'take'>
  /** Hears of a refusal of the endpoint. */
  readonly refused: (exchange: Exchange, event: RefusedSignIn, now: Date) => void
}

export const oauthPath = '/oauth'

/** What one `Action` does, and by which methods it is asked for. */
export interface FederationAction {
  readonly methods: readonly string[]
  readonly answer: (request: PageRequest, parameters: Form) => Promise<Reply>
}
export type FederationActions = Readonly<Partial<Record<'getSigninToken' | 'login' | 'logout', FederationAction>>>

export const getSignInTokenAction = (parts: FederationParts): FederationAction => ({
  methods: ['GET', 'POST'],
  answer: ({ exchange, now }, parameters) => getSignInToken(parts, exchange, parameters, now),
})

export function federationPages(parts: FederationParts, browsers: BrowserSessions): readonly Page[] {
  const signIn = { ...parts, browsers }
  const signOut: FederationAction = {
    methods: ['GET'],
    answer: ({ exchange, now }, parameters) => logout(browsers, exchange, parameters, now),
  }
  return [
    endpoint(federationPath, {
      getSigninToken: getSignInTokenAction(parts),
      login: {
        methods: ['GET'],
        answer: ({ exchange, now }, parameters) => login(signIn, exchange, parameters, now),
      },
      logout: signOut,
    }),
    endpoint(oauthPath, { logout: signOut }),
    {
      ...{ method: 'POST', path: replacePath, guard: browsers.guard, fields: loginFields },
      handle: ({ exchange, now }, fields) => replaceSession(signIn, exchange, fields, now),
    },
    {
      ...{ method: 'POST', path: signOutPath, guard: browsers.guard, fields: logoutFields },
      handle: ({ exchange, now }, fields) => confirmedLogout(browsers, exchange, fields, now),
    },
  ]
}

/** A path whose `Action` parameter says what is asked for. */
export const endpoint = (path: string, actions: FederationActions): Page => ({
  method: '*',
  path,
  async handle(request) {
    const { message } = request.exchange
    const parameters = await parametersOf(request.exchange)
    if (typeof parameters === 'string' || isRepeated(message))
      return text(400, `The request cannot be read: ${parameters}.`)
    const name = parameters.get('Action') ?? ''
    const action = Object.hasOwn(actions, name) ? actions[name as keyof FederationActions] : undefined
    if (action === undefined) return text(400, 'There is no such Action here.')
    if (!action.methods.includes(message.method)) {
      return text(405, 'Not with this method.', ['Allow', action.methods.join(', ')])
    }
    return action.answer(request, parameters)
  },
})
