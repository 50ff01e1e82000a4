// Metadata of a SAML provider, as an administrator uploads it (SAML 2.0 metadata 2.3 to 2.5; IAM User Guide, "Create a SAML
// identity provider in IAM"): read when it is written, and again when it is loaded.
// Its own signature is not looked at, as at AWS: who may upload it is for policies. Descriptors of other roles are passed over.
import { attributeOf, childrenOf, is, MetadataRejected, type MetadataRejection, withRoot } from './metadata-document.ts'
import { shown, signingKeysOf } from './metadata-keys.ts'
import { namespaces } from './names.ts'
import type { Binding, SamlIdentityProvider } from './provider.ts'
import type { XmlElement } from './xml.ts'

export type ReadMetadata =
  | { readonly provider: SamlIdentityProvider }
  | { readonly rejected: MetadataRejection; readonly detail: string }

/** "Identity providers per IAM SAML provider object" (IAM User Guide, "IAM and AWS STS quotas"). */
const MOST_DESCRIPTORS = 10
/** Of one kind. Providers in common use publish four; a long document must not become a long list in memory. */
const MOST_ENDPOINTS = 40
/** Of an entity id (SAML 2.0 metadata 2.2.1) and of an address, in characters. */
const LONGEST_ENTITY_ID = 1024
const LONGEST_LOCATION = 4096

const bindings: Readonly<Record<string, Binding>> = {
  'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect': 'redirect',
  'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST': 'post',
}

/** Reads metadata of exactly one SAML 2.0 identity provider. */
export function readMetadata(text: string): ReadMetadata {
  try {
    return { provider: withRoot(text, providerOf) }
  } catch (error) {
    if (error instanceof MetadataRejected) return { rejected: error.rejected, detail: error.message }
    throw error
  }
}

function providerOf(root: XmlElement): SamlIdentityProvider {
  const entities = [...entitiesOf(root, [])]
  const [found, ...more] = entities
  if (found === undefined) throw new MetadataRejected('no-provider', 'it describes no SAML 2.0 identity provider')
  if (more.length > 0) throw new MetadataRejected('several-providers', 'it describes several identity providers')
  const { entity, around, descriptors } = found
  if (descriptors.length > MOST_DESCRIPTORS) {
    throw new MetadataRejected('too-many-descriptors', `it holds more than ${MOST_DESCRIPTORS} IDPSSODescriptors`)
  }
  const { keys, certificates } = signingKeysOf(descriptors)
  const ends = [...around, entity, ...descriptors].flatMap((element) => timeOf(element, 'validUntil'))
  return {
    entityId: entityIdOf(entity),
    signingKeys: keys,
    singleSignOn: endpointsOf(descriptors, 'SingleSignOnService'),
    singleLogout: endpointsOf(descriptors, 'SingleLogoutService'),
    wantsSignedRequests: descriptors.some((one) => isTrue(attributeOf(one, 'WantAuthnRequestsSigned'))),
    // Whatever of it ends first ends it.
    ...(ends.length === 0 ? {} : { validUntil: new Date(Math.min(...ends)) }),
    certificates,
  }
}

interface Entity {
  readonly entity: XmlElement
  /** EntitiesDescriptors that it stands in. */
  readonly around: readonly XmlElement[]
  readonly descriptors: readonly XmlElement[]
}

/** Entities that are identity providers, in whatever groups they stand. */
function* entitiesOf(element: XmlElement, around: readonly XmlElement[]): Generator<Entity> {
  if (is(element, ['metadata', 'EntityDescriptor'])) {
    const descriptors = childrenOf(element, 'metadata', 'IDPSSODescriptor').filter(speaksSaml2)
    if (descriptors.length > 0) yield { entity: element, around, descriptors }
  } else if (is(element, ['metadata', 'EntitiesDescriptor'])) {
    const within = [...around, element]
    for (const one of childrenOf(element, 'metadata', 'EntityDescriptor')) yield* entitiesOf(one, within)
    for (const one of childrenOf(element, 'metadata', 'EntitiesDescriptor')) yield* entitiesOf(one, within)
  }
}

const speaksSaml2 = (descriptor: XmlElement) =>
  (attributeOf(descriptor, 'protocolSupportEnumeration') ?? '').split(/\s+/).includes(namespaces.protocol)

function entityIdOf(entity: XmlElement): string {
  const id = attributeOf(entity, 'entityID') ?? ''
  if (id === '' || id.length > LONGEST_ENTITY_ID || /[\s\p{Cc}]/u.test(id)) {
    throw new MetadataRejected('bad-value', `its entityID is ${shown(id)}`)
  }
  return id
}

/** The endpoints of that kind that browsers reach, each once. */
function endpointsOf(descriptors: readonly XmlElement[], name: string) {
  const services = descriptors.flatMap((one) => childrenOf(one, 'metadata', name))
  if (services.length > MOST_ENDPOINTS) {
    throw new MetadataRejected('too-many-endpoints', `it holds more than ${MOST_ENDPOINTS} of ${name}`)
  }
  const endpoints = services.flatMap((element) => {
    const binding = bindings[attributeOf(element, 'Binding') ?? '']
    if (binding === undefined) return []
    const response = attributeOf(element, 'ResponseLocation')
    return [
      {
        binding,
        location: locationOf(attributeOf(element, 'Location') ?? ''),
        ...(response === undefined ? {} : { responseLocation: locationOf(response) }),
      },
    ]
  })
  return [...new Map(endpoints.map((one) => [JSON.stringify(one), one])).values()]
}

/** INVARIANT: browsers are sent there, so it is an absolute http or https URL and nothing else. */
function locationOf(text: string): string {
  const url = text.length <= LONGEST_LOCATION && /^https?:\/\/[!-~]+$/i.test(text) ? URL.parse(text) : null
  if (url === null || url.username !== '' || url.password !== '') {
    throw new MetadataRejected('bad-value', `a Location is ${shown(text)}`)
  }
  return text
}

const isTrue = (text: string | undefined) => text === 'true' || text === '1'

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/

/** An xs:dateTime in milliseconds; one without a time zone is in UTC (SAML core 1.3.3). None where there is no attribute. */
function timeOf(element: XmlElement, name: string): readonly number[] {
  const text = attributeOf(element, name)
  if (text === undefined) return []
  const [, zone] = dateTime.exec(text.trim()) ?? []
  const time = dateTime.test(text.trim())
    ? Date.parse(zone === undefined ? `${text.trim()}Z` : text.trim())
    : Number.NaN
  if (Number.isNaN(time)) throw new MetadataRejected('bad-value', `its ${name} is ${shown(text)}`)
  return [time]
}
