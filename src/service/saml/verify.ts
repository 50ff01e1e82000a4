// What SAML responses prove, over the provider records of accounts (STS API Reference, AssumeRoleWithSAML; IAM User Guide, "SAML
// 2.0 federation").

import { hash, type KeyObject } from 'node:crypto'
import { nameInArn } from '../../core/arn.ts'
import { readSamlSession, type SamlSession } from '../../federation/saml/attributes.ts'
import { doubleClaim } from '../../federation/saml/condition-keys.ts'
import type { SamlAssertion } from '../../federation/saml/model.ts'
import { namedProvidersOf } from '../../federation/saml/named-providers.ts'
import { type PreparedResponse, prepareResponse } from '../../federation/saml/prepared.ts'
import { identityOfAssertion } from '../../federation/saml/proof.ts'
import { verifyPrepared } from '../../federation/saml/response.ts'
import { memoize } from '../../wire/lazy.ts'
import type {
  KnownSamlProvider,
  OneUse,
  ProvenSaml,
  RejectedSaml,
  Saml,
  SamlProviderSettings,
  SamlProviders,
  SamlReason,
  SamlReceiver,
  SignInAddress,
  SignInProof,
} from '../contracts/saml.ts'
import type { Subjects } from '../contracts/subject.ts'
import { samlAddresses } from './addresses.ts'

export interface SamlOptions {
  readonly providers: SamlProviders
  readonly subjects: Pick<Subjects, 'roleByName'>
  readonly settings: readonly SamlProviderSettings[]
  /** Without a slash at its end. */
  readonly publicUrl: string | undefined
  readonly skewSeconds: number
}

/** How many providers a posted response may name, and how many of them may have metadata of their own. */
const mostProviders = 250
const mostGroups = 8
/** How long an assertion is fresh, with what clocks may be off: after that it is refused as stale. */
const freshMs = 300_000 + 60_000

const rejection = (rejected: SamlReason, detail: string): RejectedSaml => ({ rejected, detail })
const defaults: Omit<SamlProviderSettings, 'provider'> = { sha1: false, responseSignature: false, oneUse: false }

export function createSaml({ providers, subjects, settings, publicUrl, skewSeconds }: SamlOptions): Saml {
  const addresses = samlAddresses(publicUrl)
  const settingsByArn = new Map(settings.map((one) => [one.provider, one]))
  const settingsOf = ({ arn }: KnownSamlProvider) => settingsByArn.get(arn) ?? defaults

  function read(
    provider: KnownSamlProvider,
    recipients: readonly string[],
    response: PreparedResponse,
    now: Date,
  ): Understood | RejectedSaml {
    const assertion = held(provider, { recipients, audiences: addresses.audiences }, response, now)
    return 'rejected' in assertion ? assertion : understand(assertion, now)
  }

  function held(
    provider: KnownSamlProvider,
    { recipients, audiences }: SamlReceiver,
    response: PreparedResponse,
    now: Date,
  ): SamlAssertion | RejectedSaml {
    const { compiled } = provider
    if ('unusable' in compiled) return rejection('unusable', compiled.unusable)
    const { validUntil } = compiled.provider
    // DIVERGES: whether AWS looks at validUntil when it verifies is not known. Metadata is not to be used beyond it (SAML metadata 2.3.2).
    if (validUntil !== undefined && validUntil <= now)
      return rejection('metadata-ended', `the provider's metadata ended at ${validUntil.toISOString()}`)
    // It would be refused for this after its signature as well. Before, nobody takes it for a wrong key.
    const issuer = issuerOf(response)
    if (issuer !== undefined && issuer !== compiled.provider.entityId)
      return rejection('issuer', `a response of ${issuer}`)
    const { sha1, responseSignature } = settingsOf(provider)
    const answer = verifyPrepared(
      response,
      {
        ...compiled,
        ...{ recipients, audiences, skewSeconds },
        ...{ allowsSha1: sha1, allowsResponseSignature: responseSignature },
      },
      now,
    )
    return 'rejected' in answer ? answer : answer.assertion
  }

  function proven(provider: KnownSamlProvider, understood: Understood | RejectedSaml): ProvenSaml | RejectedSaml {
    if ('rejected' in understood) return understood
    const { assertion, session, longest } = understood
    return {
      ...{ provider, assertion, longest },
      identity: identityOfAssertion(provider, assertion, session),
      sessionName: session.name,
      // INVARIANT: a pair counts for the provider that signed it, and for roles of that provider's account.
      roles: session.pairs
        .filter(({ role, provider: named }) => named === provider.arn && accountOf(role) === provider.account)
        .map(({ role }) => role),
      oneUse: oneUse(provider, assertion),
    }
  }

  const oneUse = (provider: KnownSamlProvider, assertion: SamlAssertion) =>
    settingsOf(provider).oneUse ? oneUseOf(provider, assertion) : undefined

  function verify(provider: KnownSamlProvider, text: string, now: Date): ProvenSaml | RejectedSaml {
    const response = prepareResponse(text)
    return 'rejected' in response ? response : proven(provider, read(provider, addresses.all(provider), response, now))
  }

  async function signIn(
    text: string,
    { uuid }: SignInAddress,
    now: Date,
  ): Promise<readonly SignInProof[] | RejectedSaml> {
    const response = prepareResponse(text)
    if ('rejected' in response) return response
    if (uuid !== undefined) {
      const provider = await providers.byUuid(uuid)
      if (provider === undefined) return rejection('no-provider', 'no provider has this address')
      return [await withChoices(proven(provider, read(provider, addresses.signIn(provider), response, now)), provider)]
    }
    // INVARIANT: nobody is asked to decrypt by what stands beside a ciphertext: anybody can write it, and each record's keys cost.
    if (response.encrypted !== undefined)
      return rejection('no-provider', 'it is encrypted: only the address of its own provider can take it')
    const named = namedProvidersOf(text, mostProviders)
    if ('rejected' in named) return named
    if (named.more) return rejection('many-providers', `it names more than ${mostProviders} providers`)
    const records = (await Promise.all(named.named.map(({ account, name }) => providers.byName(account, name)))).filter(
      (record) => record !== undefined,
    )
    if (records.length === 0) return rejection('no-provider', 'it names no provider of this installation')
    const groupsOfRecords = new Map(records.map((record) => [record, groupOf(record)]))
    const groups = Map.groupBy(records, (record) => groupsOfRecords.get(record) ?? record.uuid)
    if (groups.size > mostGroups) return rejection('many-providers', `providers of ${groups.size} metadata documents`)
    const answers = new Map<string, Understood | RejectedSaml>()
    for (const [group, [first]] of groups) {
      if (first !== undefined) answers.set(group, read(first, addresses.shared(first), response, now))
    }
    return Promise.all(
      [...groupsOfRecords].map(([provider, group]) =>
        withChoices(proven(provider, answers.get(group) ?? rejection('no-provider', 'no group')), provider),
      ),
    )
  }

  /** INVARIANT: records of one group differ in nothing that verification looks at. */
  function groupOf(provider: KnownSamlProvider): string {
    const { compiled, uuid } = provider
    // A record with private keys is a group of its own: no other can decrypt for it.
    if ('unusable' in compiled || compiled.encryption !== 'none') return uuid
    const { entityId, signingKeys, validUntil } = compiled.provider
    const keys = keyTexts(signingKeys)
    const { sha1, responseSignature } = settingsOf(provider)
    return JSON.stringify([entityId, validUntil ?? null, sha1, responseSignature, ...keys])
  }

  async function withChoices(proof: ProvenSaml | RejectedSaml, provider: KnownSamlProvider): Promise<SignInProof> {
    if ('rejected' in proof) return { ...proof, provider }
    const choices = await Promise.all(
      proof.roles.map(async (arn) => {
        const role = await subjects.roleByName(provider.account, nameInArn(arn))
        return { arn, exists: role?.arn === arn && role.account.status === 'ACTIVE' }
      }),
    )
    return { ...proof, choices }
  }

  return {
    byName: providers.byName,
    byUuid: providers.byUuid,
    ...{ verify, signIn },
    assertion(provider, text, receiver, now) {
      const response = prepareResponse(text)
      const assertion = 'rejected' in response ? response : held(provider, receiver, response, now)
      return 'rejected' in assertion ? assertion : { assertion, oneUse: oneUse(provider, assertion) }
    },
    async prove(account, name, text, now) {
      const provider = await providers.byName(account, name)
      return provider === undefined ? rejection('no-provider', `${account}/${name}`) : verify(provider, text, now)
    },
  }
}

/** Kept with the compiled metadata that the keys are of: anybody may name many records. */
const keyTexts = memoize((keys: readonly KeyObject[]) =>
  keys.map((key) => key.export({ type: 'spki', format: 'der' }).toString('base64')).sort(),
)

/** What an assertion says to any provider record that it is verified against. */
interface Understood {
  readonly assertion: SamlAssertion
  readonly session: SamlSession
  readonly longest: number | undefined
}

function understand(assertion: SamlAssertion, now: Date): Understood | RejectedSaml {
  const session = readSamlSession(assertion)
  if ('rejected' in session) return session
  const twice = doubleClaim(assertion)
  if (twice !== undefined) return rejection('two-claims', `two attributes for saml:${twice}`)
  const longest = longestOf(assertion, session.longest, now)
  if (longest !== undefined && longest <= 0)
    return rejection('session-ended', 'the session at the provider has no whole second left')
  return { assertion, session, longest }
}

/** The Issuer that the response claims, if it claims one. Nothing is verified of it. */
function issuerOf({ envelope }: PreparedResponse): string | undefined {
  const [issuer, ...more] = envelope.children.filter(({ local }) => local === 'Issuer')
  return more.length === 0 ? issuer?.text : undefined
}

const accountOf = (role: string) => role.split(':')[4] ?? ''

/** The shorter of SessionDuration and what is left of the provider's session, in whole seconds: a session never outlives the provider's. */
function longestOf(
  { sessionNotOnOrAfter }: SamlAssertion,
  duration: number | undefined,
  now: Date,
): number | undefined {
  const seconds = (date: Date) => Math.floor(date.getTime() / 1000)
  const ends = [duration, sessionNotOnOrAfter && seconds(sessionNotOnOrAfter) - seconds(now)].filter(
    (end) => end !== undefined,
  )
  return ends.length === 0 ? undefined : Math.min(...ends)
}

function oneUseOf({ account, uuid }: KnownSamlProvider, { id, issueInstant }: SamlAssertion): OneUse {
  // The id is the provider's to choose, and of any length.
  const key = `${uuid} ${hash('sha256', id, 'base64url')}`
  return { account, scope: 'saml', key, until: issueInstant.getTime() + freshMs }
}
