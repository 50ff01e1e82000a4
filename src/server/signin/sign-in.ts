// What becomes of a response that was posted: `GET /saml/signin`, where its post leads the browser, and the form of the role
// chooser. The role's session is asked for by AssumeRoleWithSAML itself, as any program would.
import { equal } from '../../core/sigv4/verify.ts'
import type { OpenResponse } from '../../service/console/kept-responses.ts'
import { rememberRole } from '../../service/console/last-roles.ts'
import { type ConsoleSession, personOf } from '../../service/console/sessions.ts'
import type { ProvenSaml, RoleChoice } from '../../service/contracts/saml.ts'
import { proofBy } from '../../service/session/lineage.ts'
import { type Exchange, isRepeated, type Reply } from '../exchange.ts'
import type { FormFields } from '../pages/form.ts'
import { hiddenToken, sameOrigin, tokenField } from '../pages/form-guard.ts'
import { html } from '../pages/html.ts'
import { type Page, text } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { askToReplace, chooser } from './chooser.ts'
import { loginPath, type SignInParts, signInPath } from './parts.ts'
import { type OwnRefusal, over, problem, refuse, refuseResponse } from './problems.ts'
import { isRequestOf } from './request-ids.ts'

type Proven = ProvenSaml & { readonly choices: readonly RoleChoice[] }

/** A role that may be chosen, with what vouches for it. */
export interface Choice extends RoleChoice {
  readonly proof: Proven
  /** The request in which it refused this person. */
  readonly refused?: string
}

/** A response in the browser that it belongs to. */
export interface SigningIn {
  readonly handle: string
  readonly kept: OpenResponse
  readonly choices: readonly Choice[]
  /** The first that vouches: all of one response are of one person. */
  readonly first: Proven
  /** The cookie's id, and the headers that give it where it is new. */
  readonly browser: string
  readonly headers: readonly string[]
}

const sessionDuration = 'https://aws.amazon.com/SAML/Attributes/SessionDuration'

export function signInPages(parts: SignInParts): readonly Page[] {
  const { cookie, ownKeys, clock, browsers } = parts
  return [
    {
      method: 'GET',
      path: signInPath,
      async handle({ exchange, query, now }) {
        if (!isNavigation(exchange)) return text(403, 'A sign-in is a page that a browser opens.')
        const found = await find(parts, exchange, query.get('handle') ?? '', now)
        return 'status' in found ? found : begin(parts, exchange, found, now)
      },
    },
    {
      ...{ method: 'POST', path: signInPath, fields: ['handle', 'roleIndex', 'replace'] },
      guard: {
        isSameOrigin: sameOrigin(browsers.site),
        async isIssued(exchange, action, fields) {
          const browser = cookie.read(exchange)
          if (browser === undefined) return false
          return equal(formCode(await ownKeys(clock()), browser, action), fields.get(tokenField) ?? '')
        },
      },
      async handle({ exchange, now }, fields) {
        const found = await find(parts, exchange, fields.get('handle') ?? '', now)
        return 'status' in found ? found : chosen(parts, exchange, found, fields, now)
      },
    },
  ]
}

const formCode = ({ mac }: Awaited<ReturnType<SignInParts['ownKeys']>>, browser: string, action: string) =>
  mac.mac(`saml-form\n${browser}\n${action}`)

/** The response of a handle, verified once more, if it is this browser's. Its first browser is the one that it belongs to. */
async function find(parts: SignInParts, exchange: Exchange, handle: string, now: Date): Promise<SigningIn | Reply> {
  const { kept, cookie, saml, ownKeys } = parts
  const known = cookie.read(exchange)
  const { id: browser, headers } = known === undefined ? cookie.renew() : { id: known, headers: [] }
  const found = await kept.open(handle, browser, now)
  const refused = (refusal: OwnRefusal) => refuse(parts, exchange, refusal, now)
  if (found === undefined) return refused(over('the response was used before, or nobody came for it within a minute'))
  if (found === 'of-another-browser') return refused(over('the response belongs to another browser'))
  const { uuid, response, refused: refusedRoles } = found.posted
  const proofs = await saml.signIn(response, uuid === undefined ? {} : { uuid }, now)
  if ('rejected' in proofs) return refuseResponse(parts, exchange, proofs, now)
  const proven = proofs.filter((one): one is Proven => !('rejected' in one))
  const [first] = proven
  if (first === undefined) {
    const [why] = proofs
    if (why === undefined || !('rejected' in why)) throw new TypeError('a response that nobody vouches for or rejects')
    return refuseResponse(parts, exchange, why, now)
  }
  // INVARIANT: an answer to a request counts in the browser that began it, and in no other.
  const { inResponseTo, issuer } = first.assertion
  if (
    inResponseTo !== undefined &&
    (known === undefined || !isRequestOf(await ownKeys(now), inResponseTo, known, issuer))
  ) {
    return refused({
      said: 'This sign-in was begun in another browser. Begin it here, and stay in this one.',
      reason: 'it answers a request that this browser did not begin (InResponseTo)',
    })
  }
  if (!(await kept.claim(found, browser, now))) return refused(over('the response belongs to another browser'))
  const choices = proven.flatMap((proof) =>
    proof.choices.map((choice) => {
      const id = refusedRoles[choice.arn]
      return { ...choice, proof, ...(id === undefined ? {} : { refused: id }) }
    }),
  )
  return { handle, kept: found, choices, first, browser, headers }
}

/** One role: straight through. A tool that reads the chooser asks for it when a response names several, so all of these count. */
async function begin(parts: SignInParts, exchange: Exchange, signing: SigningIn, now: Date): Promise<Reply> {
  const { choices, kept } = signing
  if (choices.length === 0) {
    const said = 'Your company’s sign-in gives you no role at this server.'
    const reason = 'saml-role-not-named: the response has no pair of a role and this provider'
    return refuse(parts, exchange, { said, reason }, now)
  }
  const [only] = choices
  const choice = choices.find(({ arn }) => arn === kept.posted.role) ?? (choices.length === 1 ? only : undefined)
  if (choice?.exists !== true || choice.refused !== undefined) return show(parts, signing, now)
  return enter(parts, exchange, signing, choice, false, now)
}

async function chosen(
  parts: SignInParts,
  exchange: Exchange,
  signing: SigningIn,
  fields: FormFields,
  now: Date,
): Promise<Reply> {
  const role = fields.get('roleIndex')
  const choice = signing.choices.find(({ arn, exists }) => exists && arn === role)
  if (choice === undefined) return show(parts, signing, now, html`Choose one of these roles.`, 400)
  return enter(parts, exchange, signing, choice, fields.get('replace') === 'yes', now)
}

async function show(parts: SignInParts, signing: SigningIn, now: Date, alert?: ReturnType<typeof html>, status = 200) {
  return chooser(parts, signing, { field: await fieldOf(parts, signing, now), ...(alert && { alert }), status })
}

/** The hidden field of the sign-in's forms. */
async function fieldOf({ ownKeys, browsers }: SignInParts, { browser }: SigningIn, now: Date) {
  return hiddenToken(formCode(await ownKeys(now), browser, pathIn(browsers.site, signInPath)))
}

/** Takes on the role, and begins the console session with it. */
async function enter(
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
  if (isOthers && !isAsked) return askToReplace(parts, signing, choice, session, await fieldOf(parts, signing, now))
  const role = await subjects.roleByName(provider.account, arn.slice(arn.lastIndexOf('/') + 1))
  const duration = durationOf(proof, role?.role.maxSessionDuration)
  const called = await call(exchange, 'nobody', 'sts', 'AssumeRoleWithSAML', {
    ...{ RoleArn: arn, PrincipalArn: provider.arn, SAMLAssertion: signing.kept.posted.response },
    ...(duration === undefined ? {} : { DurationSeconds: duration }),
  })
  if ('refused' in called) return refusedRole(parts, exchange, signing, choice, called, now)
  const { AccessKeyId: accessKeyId = '', SessionToken: token = '' } = called.output.Credentials ?? {}
  return beginSession(parts, exchange, signing, choice, { accessKeyId, token }, { session, isOthers }, now)
}

/**
 * What the provider says of SessionDuration, and an hour when it says nothing. DIVERGES: AWS's console session may be longer than
 * the role's maximum; here it is the role's session, and no longer.
 */
function durationOf({ assertion }: ProvenSaml, longest: number | undefined): number | undefined {
  const [said] = assertion.attributes.get(sessionDuration) ?? []
  if (said === undefined) return undefined
  return Math.min(Number(said.trim()), longest ?? Number.POSITIVE_INFINITY)
}

async function refusedRole(
  parts: SignInParts,
  exchange: Exchange,
  signing: SigningIn,
  { arn }: Choice,
  {
    refused,
    requestId,
  }: { readonly refused: { readonly code: string; readonly status: number }; readonly requestId: string },
  now: Date,
): Promise<Reply> {
  const { site } = parts.browsers
  const named = { ...exchange, requestId }
  // It says nothing of the person: the same role may be chosen in a moment.
  if (refused.status >= 500 || refused.code.startsWith('Throttling'))
    return problem(site, named, html`Not now. Go back and try again in a moment.`, 503)
  const posted = await parts.kept.noteRefused(signing.kept, arn, requestId)
  const choices = signing.choices.map((one) => (one.arn === arn ? { ...one, refused: requestId } : one))
  const again = { ...signing, choices, kept: { ...signing.kept, posted } }
  return show(parts, again, now, html`You may not take on this role. Another may be open to you.`, 403)
}

async function beginSession(
  parts: SignInParts,
  exchange: Exchange,
  { kept, headers, first }: SigningIn,
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
  return { status: 303, headers: ['Location', destination, ...headers, ...begun.headers], body: '' }
}

/** Whether a browser opens the page for somebody to see: no image, nothing fetched in advance, no HEAD. Programs that say nothing of it are taken at their word. */
function isNavigation({ message }: Exchange): boolean {
  if (isRepeated(message) || message.method !== 'GET') return false
  const destination = message.headers.get('sec-fetch-dest')
  return (destination === undefined || destination === 'document') && !message.headers.has('sec-purpose')
}
