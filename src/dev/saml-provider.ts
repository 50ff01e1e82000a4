// The SAML provider of development mode: Example Corp's, under the pages' name, in which one becomes a person by choosing them
// (SAML 2.0 profiles 4.1 and 4.4). It verifies no request, and answers to the consumers of this server alone. No server but that
// of `hallpass dev` has it.
import { splitTarget } from '../core/http.ts'
import type { Exchange, Reply } from '../server/exchange.ts'
import { isRepeated } from '../server/exchange.ts'
import { createCookie } from '../server/pages/cookie.ts'
import { createFormGuard } from '../server/pages/form-guard.ts'
import type { Page, PageRequest } from '../server/pages/page.ts'
import { redirects } from '../server/pages/redirect.ts'
import type { Site } from '../server/pages/site.ts'
import { consumerPath, logoutPath, ownConsumerPath } from '../server/signin/parts.ts'
import { readForm } from '../wire/form.ts'
import type { Person } from './people.ts'
import { metadataPath, samlPath, singleLogoutPath, singleSignOnPath } from './saml-addresses.ts'
import { type Answer, logoutAnswer, readSamlRequest, samlResponse } from './saml-messages.ts'
import { samlMetadata } from './saml-metadata.ts'
import { continuation } from './saml-page.ts'
import { rolePairsOf } from './saml-roles.ts'
import type { SamlSigner } from './saml-signer.ts'
import { chooser, refusal } from './sign-in-page.ts'

export interface SamlProviderOptions {
  readonly publicUrl: string
  readonly site: Site
  readonly people: readonly Person[]
  readonly signer: SamlSigner
  /** The SAMLProviderUUID as it is on record; undefined when no provider has it. */
  readonly uuidOnRecord: (uuid: string) => Promise<string | undefined>
  readonly random: (bytes: number) => Buffer
}

/** What a sign-in is on its way for: members of the chooser's query. */
interface Errand {
  readonly consumer: string
  readonly request: string | undefined
  readonly relay: string | undefined
}

const longestForm = 32_768

export function samlProviderPages(options: SamlProviderOptions): readonly Page[] {
  const { publicUrl, site, people, signer, uuidOnRecord, random } = options
  const entityId = publicUrl + samlPath
  const newId = () => `_${random(16).toString('hex')}`
  // It stands for nobody: forms are bound to it.
  const cookie = createCookie({ site, name: 'hallpass_saml_idp', allowsHttp: true, random })
  const guard = createFormGuard({ site, cookie, key: random(32) })
  const toChooser = redirects(site, [samlPath])
  const failed = (words: string) => refusal(site, words, [], samlPath)

  /** The path of a consumer of ours, made anew. INVARIANT: no text of a request is where a response goes. */
  async function consumerOf(address: string): Promise<string | undefined> {
    if (address === publicUrl + consumerPath) return consumerPath
    const start = publicUrl + ownConsumerPath('')
    const uuid = address.startsWith(start) ? await uuidOnRecord(address.slice(start.length)) : undefined
    return uuid && ownConsumerPath(uuid)
  }

  async function errandOf({ query }: PageRequest): Promise<Errand | undefined> {
    const consumer = await consumerOf(query.get('consumer') ?? publicUrl + consumerPath)
    if (consumer === undefined) return undefined
    return { consumer, request: query.get('request') ?? undefined, relay: query.get('RelayState') ?? undefined }
  }

  const answer = (now: Date, path: string, request: string | undefined): Answer => ({
    ...{ entityId, now, newId, request },
    destination: publicUrl + path,
  })

  async function signOn(exchange: Exchange): Promise<Reply> {
    const isPost = exchange.message.method === 'POST'
    const fields = await fieldsOf(exchange)
    const asked = readSamlRequest(fields?.get('SAMLRequest') ?? '', 'AuthnRequest', !isPost)
    if (fields === undefined || asked === undefined) return failed('The request to sign in cannot be read.')
    const consumer = asked.consumer ?? publicUrl + consumerPath
    if ((await consumerOf(consumer)) === undefined) return elsewhere()
    const relay = fields.get('RelayState')
    const known = { consumer, request: asked.id, ...(relay === undefined ? {} : { RelayState: relay }) }
    return toChooser(samlPath, new URLSearchParams(known))
  }

  const elsewhere = () => failed('The request wants its answer sent to where no answer of this provider goes.')

  async function signOut({ params, query, now }: PageRequest): Promise<Reply> {
    const uuid = await uuidOnRecord(params.uuid ?? '')
    const asked = readSamlRequest(query.get('SAMLRequest') ?? '', 'LogoutRequest', true)
    if (uuid === undefined || asked === undefined) return failed('The request to sign out cannot be read.')
    const back = answer(now, logoutPath(uuid), asked.id)
    const location = logoutAnswer(asked, query.get('RelayState') ?? undefined, signer, back)
    return { status: 302, headers: ['Location', location], body: '' }
  }

  return [
    {
      method: 'GET',
      path: samlPath,
      handle: async (request) =>
        (await errandOf(request)) === undefined
          ? elsewhere()
          : chooser(site, people, guard.issue(request.exchange, request.path), { about }),
    },
    {
      method: 'POST',
      path: samlPath,
      guard,
      fields: ['person'],
      async handle(request, fields) {
        const errand = await errandOf(request)
        if (errand === undefined) return elsewhere()
        const person = people.find(({ name }) => name === fields.get('person'))
        if (person === undefined) {
          const form = guard.issue(request.exchange, request.path)
          return chooser(site, people, form, { about, problem: 'Choose one of these people.' })
        }
        const { consumer, relay } = errand
        const xml = samlResponse(
          person,
          rolePairsOf(person.name),
          signer,
          answer(request.now, consumer, errand.request),
        )
        return continuation(site, person, { consumer, xml, relay })
      },
    },
    { method: '*', path: singleSignOnPath, handle: ({ exchange }) => signOn(exchange) },
    { method: 'GET', path: singleLogoutPath(':uuid'), handle: signOut },
    { method: 'GET', path: metadataPath, handle: () => metadata(samlMetadata(publicUrl, signer.certificate)) },
  ]
}

function about({ name }: Person): string {
  const { length } = rolePairsOf(name)
  return length === 1 ? ', one role' : `, ${length} roles`
}

const metadata = (xml: string): Reply => ({
  status: 200,
  headers: ['Content-Type', 'application/samlmetadata+xml; charset=utf-8'],
  body: xml,
})

/** The members of a request by either binding; undefined for anything else. */
async function fieldsOf({ message, body }: Exchange): Promise<ReadonlyMap<string, string> | undefined> {
  const { query } = splitTarget(message.target)
  if (message.method === 'GET' || message.method === 'HEAD') return new Map(new URLSearchParams(query))
  if (message.method !== 'POST' || isRepeated(message)) return undefined
  const form = readForm('', await body.bytes(longestForm))
  return form instanceof Map ? form : undefined
}
