// Our metadata for providers: of the endpoint, and of one provider's own address with the keys that it may encrypt for.
import { hash, type KeyObject } from 'node:crypto'
import { selfSignedCertificate } from '../../federation/saml/self-signed.ts'
import { type ServiceProvider, serviceProviderMetadata } from '../../federation/saml/sp-metadata.ts'
import type { KnownSamlProvider } from '../../service/contracts/saml.ts'
import type { Reply } from '../exchange.ts'
import type { Page } from '../pages/page.ts'
import { consumerPath, logoutPath, metadataPath, ownConsumerPath, type SignInParts } from './parts.ts'

export function metadataPages({ saml, ownKeys, publicUrl }: SignInParts): readonly Page[] {
  return [
    {
      method: 'GET',
      path: metadataPath,
      async handle({ now }) {
        const { certificate } = await ownKeys(now)
        return metadata({ consumers: [publicUrl + consumerPath], signing: certificate, encryption: [] })
      },
    },
    {
      method: 'GET',
      path: `${metadataPath}/:uuid`,
      async handle({ params, now }) {
        const provider = await saml.byUuid(params.uuid ?? '')
        if (provider === undefined) return undefined
        const { uuid } = provider
        const { decryptionKeys, encryption } = encryptionOf(provider)
        const own = publicUrl + ownConsumerPath(uuid)
        return metadata({
          consumers: encryption === 'Required' ? [own] : [publicUrl + consumerPath, own],
          logout: publicUrl + logoutPath(uuid),
          signing: (await ownKeys(now)).certificate,
          encryption: decryptionKeys.map(certificateOf),
        })
      },
    },
  ]
}

/** Of a connector of people, with the keys of the provider's record that it may encrypt for. */
export const connectorMetadata = (
  provider: KnownSamlProvider,
  { entity, consumer }: { readonly entity: string; readonly consumer: string },
  signing: string,
): Reply =>
  metadata({
    ...{ entityId: entity, consumers: [consumer], signing },
    encryption: encryptionOf(provider).decryptionKeys.map(certificateOf),
  })

const encryptionOf = ({ compiled }: KnownSamlProvider) =>
  'unusable' in compiled ? ({ decryptionKeys: [], encryption: 'none' } as const) : compiled

const metadata = (about: ServiceProvider): Reply => ({
  status: 200,
  headers: ['Content-Type', 'application/samlmetadata+xml; charset=utf-8'],
  body: serviceProviderMetadata(about),
})

const certificates = new WeakMap<KeyObject, string>()

/** The same at every request: nobody looks at more of it than the key. */
function certificateOf(key: KeyObject): string {
  const known = certificates.get(key)
  if (known !== undefined) return known
  const made = selfSignedCertificate({
    ...{ key, commonName: 'Hallpass assertions' },
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: new Date('2049-12-31T00:00:00Z'),
    serial: hash('sha256', key.export({ type: 'pkcs8', format: 'der' }), 'buffer').subarray(0, 8),
  })
  certificates.set(key, made)
  return made
}
