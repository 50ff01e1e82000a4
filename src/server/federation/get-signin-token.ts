// `getSigninToken`: temporary credentials for a sign-in token (IAM User Guide, "Enable custom identity broker access to the AWS
// console"). Tools look at the status alone, and read the answer into a map of texts: it has no other members.
import type { RefusedSignIn } from '../../service/console/sign-in-events.ts'
import type { ShownCredentials, SignInTokens } from '../../service/console/sign-in-tokens.ts'
import type { Form } from '../../wire/form.ts'
import { visitOf } from '../console-session.ts'
import type { Exchange, Reply } from '../exchange.ts'
import type { Limits } from '../limits.ts'
import { json, text } from '../pages/page.ts'

export interface GetSignInTokenParts {
  readonly tokens: Pick<SignInTokens, 'issue'>
  readonly limits: Pick<Limits, 'take'>
  /** Hears of a refusal. */
  readonly refused: (exchange: Exchange, event: RefusedSignIn, now: Date) => void
}

const members = ['sessionId', 'sessionKey', 'sessionToken'] as const

export async function getSignInToken(
  { tokens, limits, refused }: GetSignInTokenParts,
  exchange: Exchange,
  parameters: Form,
  now: Date,
): Promise<Reply> {
  const refuse = (reason: string) => {
    refused(exchange, { name: 'GetSigninToken', reason }, now)
    return text(400, `Invalid credentials parameter: ${reason}.`)
  }
  const shown = credentialsOf(parameters.get('Session') ?? '')
  if (shown === undefined) return refuse(`Session is a JSON object of the texts ${members.join(', ')} and nothing else`)
  const duration = durationOf(parameters.get('SessionDuration'))
  if (Number.isNaN(duration)) return refuse('SessionDuration is a number of seconds')
  const charged = () => limits.take('key', shown.accessKeyId, now)
  const answer = await tokens.issue(shown, duration, visitOf(exchange, now), charged)
  if (answer === 'throttled') return text(429, 'Too many requests. Try again in a moment.')
  return 'refused' in answer ? refuse(answer.refused) : json({ SigninToken: answer.token })
}

/** Exactly the three members, each a text with something in it. */
function credentialsOf(session: string): ShownCredentials | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(session)
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
  const names = Object.keys(parsed)
  if (names.length !== members.length || !members.every((name) => names.includes(name))) return undefined
  const [accessKeyId, secret, token] = members.map((name) => (parsed as Record<string, unknown>)[name])
  if (typeof accessKeyId !== 'string' || typeof secret !== 'string' || typeof token !== 'string') return undefined
  return accessKeyId === '' || secret === '' || token === '' ? undefined : { accessKeyId, secret, token }
}

/** NaN: it is no number. */
const durationOf = (text: string | undefined) =>
  text === undefined ? undefined : /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
