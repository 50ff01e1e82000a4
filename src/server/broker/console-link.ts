// A link that opens the console of a target: its federation endpoint takes temporary credentials and gives a token that is good once (IAM
// User Guide, "Enable custom identity broker access to the AWS console").
import type { Answered, FailedFetch, Question } from '../../federation/fetch.ts'
import type { Target } from '../../service/contracts/people-table.ts'
import type { Given } from './broker.ts'

export interface WantedConsole {
  readonly given: Given
  readonly seconds: number
  /** Within the target's console. */
  readonly destination: string | undefined
  /** Where people go when the console's session is over. */
  readonly issuer: string | undefined
}

/** What the federation endpoint takes, whatever the role's own maximum is. */
const [leastSeconds, mostSeconds] = [900, 43_200]

export async function consoleLinkAt(
  target: Pick<Target, 'federation' | 'console'>,
  { given, seconds, destination, issuer }: WantedConsole,
  ask: (url: URL, question: Question) => Promise<Answered | FailedFetch>,
): Promise<string | undefined> {
  const opens = destinationIn(target.console, destination)
  if (opens === undefined) return undefined
  const { AccessKeyId, SecretAccessKey, SessionToken } = given.credentials
  const session = { sessionId: AccessKeyId, sessionKey: SecretAccessKey, sessionToken: SessionToken }
  const duration = Math.min(mostSeconds, Math.max(leastSeconds, Math.floor(seconds)))
  const answer = await ask(new URL(target.federation), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    // INVARIANT: in the body: URLs are logged on the way.
    body: new URLSearchParams({
      Action: 'getSigninToken',
      // A federated user's console lasts as long as the credentials; AWS refuses a length of its own.
      ...(given.arn.includes(':federated-user/') ? {} : { SessionDuration: `${duration}` }),
      Session: JSON.stringify(session),
    }).toString(),
  })
  const token = 'body' in answer ? tokenOf(answer.body.toString()) : undefined
  if (token === undefined) return undefined
  const link = new URL(target.federation)
  link.search = new URLSearchParams({
    ...{ Action: 'login', Destination: opens, SigninToken: token },
    ...(issuer === undefined ? {} : { Issuer: `${issuer}/signin` }),
  }).toString()
  return link.href
}

/** INVARIANT: the console's own host, or one below it (AWS's regions have theirs): a link leads nowhere else. */
function destinationIn(console: string, wanted: string | undefined): string | undefined {
  if (wanted === undefined) return console
  if (!URL.canParse(wanted, console)) return undefined
  const [own, url] = [new URL(console), new URL(wanted, console)]
  const isOwn = url.host === own.host || url.host.endsWith(`.${own.host}`)
  return isOwn && url.protocol === own.protocol && url.username === '' && url.password === '' ? url.href : undefined
}

function tokenOf(text: string): string | undefined {
  try {
    const { SigninToken } = JSON.parse(text) as { SigninToken?: unknown }
    return typeof SigninToken === 'string' && SigninToken !== '' ? SigninToken : undefined
  } catch {
    return undefined
  }
}
