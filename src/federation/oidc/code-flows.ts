// The code flows of all connectors: one for each that differs, so that what is known of a provider is kept from request to request.
import { hash } from 'node:crypto'
import { type CodeFlow, createCodeFlow, type OidcClient } from './code-flow.ts'
import type { ProviderAccess } from './provider.ts'
import type { VerifyOptions } from './verify.ts'

export interface CodeFlows {
  of(client: OidcClient): CodeFlow
}

/** Those that the table no longer has go when so many came after them. */
const most = 64

export function createCodeFlows(access: ProviderAccess, verifying: VerifyOptions): CodeFlows {
  const flows = new Map<string, CodeFlow>()
  return {
    of(client) {
      const key = keyOf(client)
      const flow = flows.get(key) ?? createCodeFlow(client, access, verifying)
      flows.delete(key)
      if (flows.size >= most) flows.delete(flows.keys().next().value ?? '')
      flows.set(key, flow)
      return flow
    },
  }
}

/** INVARIANT: of everything that a flow reads of its connector, the secret too. */
function keyOf(client: OidcClient): string {
  const { name, issuer, clientId, clientSecret, scopes, loginClaim, groupsClaim, multiFactorAmr, tags, ca, allow } =
    client
  const all = [
    ...[name, issuer, clientId, clientSecret?.reveal() ?? null, scopes, loginClaim, groupsClaim ?? null],
    ...[multiFactorAmr, [...tags], ca ?? null, allow],
  ]
  return hash('sha256', JSON.stringify(all), 'base64url')
}
