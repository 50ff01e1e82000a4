// What tests read of our messages to SAML providers.
import { inflateRawSync } from 'node:zlib'
import type { Shown } from '../../src/server/pages/testing/browser.ts'

/** Where an answer leads. */
export const leads = ({ headers, url }: Shown): string => new URL(headers.get('location') ?? '', url).href

/** The message in an address that leads to the provider. */
export function messageIn(address: string, parameter: 'SAMLRequest' | 'SAMLResponse' = 'SAMLRequest') {
  const url = new URL(address)
  const xml = inflateRawSync(Buffer.from(url.searchParams.get(parameter) ?? '', 'base64')).toString()
  const attribute = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(xml)?.[1] ?? ''
  return { url, xml, id: attribute('ID'), attribute }
}
