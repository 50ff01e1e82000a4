// A SAML provider as a connector of people: its responses, verified by IAM's record of it, for the connector's own address.

import { nameInArn } from '../../core/arn.ts'
import type { Person, PersonRejection } from '../../federation/person.ts'
import type { SamlAssertion } from '../../federation/saml/model.ts'
import { type AttributeNames, personOfAssertion } from '../../federation/saml/person.ts'
import type { KnownSamlProvider, OneUse, RejectedSaml, Saml, SamlReceiver } from '../contracts/saml.ts'
import { samlAddresses } from './addresses.ts'

/** The connector, as the table has it. */
export interface SamlClient extends AttributeNames {
  /** ARN of the IAM record of the provider. */
  readonly provider: string
}

/** A response that holds, and whom it names. */
export interface PersonProof {
  readonly person: Person
  readonly provider: KnownSamlProvider
  readonly assertion: SamlAssertion
  /** Where each assertion of the provider counts once: what `once` is asked in the transaction in which it does. */
  readonly oneUse: OneUse | undefined
}

export interface NoPersonProof {
  readonly rejected: PersonRejection
  readonly detail: string
  /** Why the response itself does not hold. */
  readonly response?: RejectedSaml
}

export interface SamlPeople {
  provider(connector: SamlClient): Promise<KnownSamlProvider | undefined>
  /** A response as the provider's page posts it: made for this connector and for nothing else. */
  posted(connector: SamlClient, response: string, now: Date): Promise<PersonProof | NoPersonProof>
  /** A response that a program brings: made for this connector, or for AWS's sign-in endpoints. */
  brought(connector: SamlClient, response: string, now: Date): Promise<PersonProof | NoPersonProof>
}

/** What the provider knows a connector as: its entity id, and the address that responses are posted to. */
export const connectorEntity = (publicUrl: string, name: string) => `${publicUrl}/signin/with/${name}`
export const connectorConsumer = (publicUrl: string, name: string) => `${connectorEntity(publicUrl, name)}/saml`

/** @param publicUrl without a slash at its end */
export function createSamlPeople(saml: Pick<Saml, 'byName' | 'assertion'>, publicUrl: string): SamlPeople {
  const aws = samlAddresses(undefined)

  const provider: SamlPeople['provider'] = async ({ provider: arn }) =>
    saml.byName(arn.split(':')[4] ?? '', nameInArn(arn))

  async function person(
    connector: SamlClient,
    response: string,
    receiver: (provider: KnownSamlProvider) => SamlReceiver,
    now: Date,
  ): Promise<PersonProof | NoPersonProof> {
    const found = await provider(connector)
    if (found === undefined) return { rejected: 'no-connector', detail: `there is no provider ${connector.provider}` }
    const held = saml.assertion(found, response, receiver(found), now)
    if ('rejected' in held) return { rejected: 'proof', detail: `${held.rejected}: ${held.detail}`, response: held }
    const named = personOfAssertion(connector, held.assertion)
    return 'rejected' in named ? named : { person: named, provider: found, ...held }
  }

  const own = ({ name }: SamlClient): SamlReceiver => ({
    recipients: [connectorConsumer(publicUrl, name)],
    audiences: [connectorEntity(publicUrl, name)],
  })

  return {
    provider,
    // INVARIANT: a response for roles is none for people: it has another address and another audience.
    posted: (connector, response, now) => person(connector, response, () => own(connector), now),
    brought(connector, response, now) {
      const { recipients, audiences } = own(connector)
      const receiver = (one: KnownSamlProvider) => ({
        recipients: [...recipients, ...aws.all(one)],
        audiences: [...audiences, ...aws.audiences],
      })
      return person(connector, response, receiver, now)
    },
  }
}
