// Ids of our requests to providers. Each is bound to the browser that began it and to the provider that it was sent to, by a code
// under the installation's secret: so nothing is stored for a request, and every node knows its own.
import { hash } from 'node:crypto'
import { equal } from '../../core/sigv4/verify.ts'
import type { OwnKeys } from '../../service/saml/own-keys.ts'

/** 128 bits of chance, then the code. */
const shape = /^_([0-9a-f]{32})([0-9a-f]{64})$/

const codeOf = ({ mac }: Pick<OwnKeys, 'mac'>, nonce: string, browser: string, entityId: string) =>
  mac.mac(`saml-request\n${nonce}\n${browser}\n${hash('sha256', entityId)}`)

export function newRequestId(keys: OwnKeys, browser: string, entityId: string, random: (bytes: number) => Buffer) {
  const nonce = random(16).toString('hex')
  return `_${nonce}${codeOf(keys, nonce, browser, entityId)}`
}

/** Whether this browser began the request, at this provider. */
export function isRequestOf(keys: OwnKeys, id: string, browser: string, entityId: string): boolean {
  const [, nonce, code] = shape.exec(id) ?? []
  return nonce !== undefined && code !== undefined && equal(codeOf(keys, nonce, browser, entityId), code)
}
