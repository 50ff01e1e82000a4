// A role is taken on, by AssumeRoleWithSAML itself, and a console session begins with it.
import { nameInArn } from '../../core/arn.ts'
import { rememberRole } from '../../service/console/last-roles.ts'
import { personOf } from '../../service/console/saml-logins.ts'
import type { ConsoleSession } from '../../service/console/session.ts'
import type { ProvenSaml } from '../../service/contracts/saml.ts'
import { proofBy } from '../../service/session/lineage.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { html } from '../pages/html.ts'
import { askToReplace, showChooser } from './chooser.ts'
import { loginPath, type SignInParts } from './parts.ts'
import { notNow, over, refuse } from './problems.ts'
import { type Choice, fieldOf, type SigningIn } from './signing-in.ts'

const sessionDuration = 'https://aws.amazon.com/SAML/Attributes/SessionDuration'

/** Takes on the role, and begins the console session with it. */
export async function enter(
  parts: SignInParts,
  exchange: Exchange,
  signing: SigningIn,
  choice: Choice,
  isAsked: boolean,
  now: Date,
): Promise<Reply> {
  const { browsers, call, subjects } = parts
  const { proof, arn } = choice
  const { provider } = proof
  const found = await browsers.of(exchange, now)
  const session = found !== undefined && 'session' in found ? found.session : undefined
  const isOthers = session !== undefined && (session.before ?? session.current).pass.by !== proofBy(proof.identity)
  if (isOthers && !isAsked) return askToReplace(parts, signing, choice, session, await fieldOf(parts, signing))
  const role = await subjects.roleByName(provider.account, nameInArn(arn))
  const duration = durationOf(proof, role?.record.maxSessionDuration)
  const called = await call(exchange, 'nobody', 'sts', 'AssumeRoleWithSAML', {
    ...{ RoleArn: arn, PrincipalArn: provider.arn, SAMLAssertion: signing.kept.posted.response },
    ...(duration === undefined ? {} : { DurationSeconds: duration }),
  })
  if ('refused' in called) return refusedRole(parts, signing, choice, called)
  const { AccessKeyId: accessKeyId = '', SessionToken: token = '' } = called.output.Credentials ?? {}
  return beginSession(parts, exchange, signing, choice, { accessKeyId, token }, { session, isOthers }, now)
}

/**
 * What the provider says of SessionDuration, and an hour when it says nothing. DIVERGES: AWS documents no bound by the role's
 * maximum for sign-ins; here the console's session is the role's, and no longer.
 */
function durationOf({ assertion }: ProvenSaml, longest: number | undefined): number | undefined {
  const [said] = assertion.attributes.get(sessionDuration) ?? []
  if (said === undefined) return undefined
  return Math.min(Number(said.trim()), longest ?? Number.POSITIVE_INFINITY)
}

interface RefusedCall {
  readonly refused: { readonly code: string; readonly status: number }
  readonly requestId: string
}

async function refusedRole(
  parts: SignInParts,
  signing: SigningIn,
  { arn }: Choice,
  { refused, requestId }: RefusedCall,
): Promise<Reply> {
  if (refused.status >= 500 || refused.code.startsWith('Throttling')) return notNow(parts.browsers.site, { requestId })
  const posted = await parts.kept.noteRefused(signing.kept, arn, requestId)
  const choices = signing.choices.map((one) => (one.arn === arn ? { ...one, refused: requestId } : one))
  const again = { ...signing, choices, kept: { ...signing.kept, posted } }
  return showChooser(parts, again, html`You may not use this role. Choose another, if there is one.`, 403)
}

async function beginSession(
  parts: SignInParts,
  exchange: Exchange,
  { kept, first, choices }: SigningIn,
  { proof, arn }: Choice,
  credentials: { readonly accessKeyId: string; readonly token: string },
  before: { readonly session: ConsoleSession | undefined; readonly isOthers: boolean },
  now: Date,
): Promise<Reply> {
  const { browsers, publicUrl } = parts
  const { provider, assertion } = proof
  const { destination } = kept.posted
  const login = {
    ...{ provider: provider.arn, entityId: assertion.issuer },
    ...{ nameId: assertion.nameId.value, format: assertion.nameId.format, sessionIndex: assertion.sessionIndex },
  }
  const mayBegin = 'provider' in provider.compiled && provider.compiled.provider.singleSignOn.length > 0
  const begun = await browsers.begin(
    exchange,
    {
      ...{ credentials, destination: browsers.site.origin + destination, saml: login },
      offeredRoles: choices.flatMap(({ arn, exists, refused }) => (exists && refused === undefined ? [arn] : [])),
      ...(mayBegin ? { issuer: publicUrl + loginPath(provider.uuid) } : {}),
      ...(before.session === undefined ? {} : { replaces: { session: before.session, signsOut: before.isOthers } }),
      async provided(tx) {
        if (!(await parts.kept.use(tx, kept))) return false
        await rememberRole(tx, first.provider.account, personOf(login), arn, now)
        return true
      },
    },
    now,
  )
  if ('rejected' in begun) {
    const why = begun.rejected === 'used' ? 'the response was used before' : `the session is ${begun.rejected}`
    return refuse(parts, exchange, over(why), now)
  }
  return { status: 303, headers: ['Location', destination, ...begun.headers], body: '' }
}
