// Where a provider's page posts its response (SAML bindings 3.5; profiles 4.1): `/saml`, and each provider's own address. The one
// form of other sites that is taken. It has no cookie, so it signs nobody in: what is verified is kept for a minute, and the GET
// that follows, which has the browser's cookies, decides what becomes of it.
import { addressNetwork } from '../../core/address-network.ts'
import { personOf } from '../../service/console/saml-logins.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { consolePath, destinationOf } from '../federation/destinations.ts'
import type { FormFields } from '../pages/form.ts'
import { html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { redirects } from '../pages/redirect.ts'
import { pathIn } from '../pages/site.ts'
import { consumerPath, ownConsumerPath, type SignInParts, signInPath } from './parts.ts'
import { problem, refuseResponse } from './problems.ts'
import { verifyPosted } from './verify-posted.ts'

/** Far beyond a response of 100,000 characters, so that whose company sends too many roles is told so. */
const longestForm = 1_048_576
const longestRole = 2048

export function consumerPages(parts: SignInParts): readonly Page[] {
  const redirect = redirects(parts.browsers.site, [signInPath])
  const page = (path: string): Page => ({
    ...{ method: 'POST', path, isForeign: true, longestForm },
    fields: ['SAMLResponse', 'RelayState', 'roleIndex'],
    async handle({ exchange, params, now }, fields) {
      const kept = await consume(parts, exchange, params.uuid, fields, now)
      return 'handle' in kept ? redirect(signInPath, new URLSearchParams(kept)) : kept
    },
  })
  return [page(consumerPath), page(ownConsumerPath(':uuid'))]
}

/** Keeps what holds, under a handle; or says why nothing is. */
async function consume(
  parts: SignInParts,
  exchange: Exchange,
  uuid: string | undefined,
  fields: FormFields,
  now: Date,
): Promise<{ readonly handle: string } | Reply> {
  const { saml, kept, limits, browsers } = parts
  const { site } = browsers
  const response = fields.get('SAMLResponse') ?? ''
  const proven = await verifyPosted(saml, response, uuid, now)
  if ('rejected' in proven) return refuseResponse(parts, exchange, proven, now)
  const [proof] = proven
  // INVARIANT: only what a provider signed is kept, so much of it at a time as the provider's rate, and little of one person.
  const { arn, account } = proof.provider
  const share = `${arn} ${addressNetwork(exchange.from.address)}`
  if (!limits.take('provider-share', share, now) || !limits.take('provider', arn, now)) {
    return problem(site, exchange, html`Too many people sign in at this moment. Try again in a minute.`, 429)
  }
  const { issuer, nameId } = proof.assertion
  const role = (fields.get('roleIndex') ?? '').slice(0, longestRole)
  const handle = await kept.keep(
    account,
    personOf({ entityId: issuer, nameId: nameId.value }),
    {
      ...{ response, refused: {} },
      // INVARIANT: a RelayState leads to a page of the list, or counts for nothing.
      destination: destinationOf(site, fields.get('RelayState') ?? '') ?? pathIn(site, consolePath),
      ...(uuid === undefined ? {} : { uuid }),
      ...(role === '' ? {} : { role }),
    },
    now,
  )
  return { handle }
}
