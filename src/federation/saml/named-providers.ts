// Which SAML providers a response names, before anything of it is verified: whom to ask whether they signed it.

import type { Rejected } from './model.ts'
import { responseBytes } from './prepared.ts'

const providerArn = /arn:aws:iam::(\d{12}):saml-provider\/([\w._-]{1,128})(?![\w._-])/g

export interface NamedProvider {
  readonly account: string
  readonly name: string
}

/** The first `most` of the providers named, and whether there are more. INVARIANT: nothing of it is believed. */
export function namedProvidersOf(
  base64: string,
  most: number,
): { readonly named: readonly NamedProvider[]; readonly more: boolean } | Rejected {
  const bytes = responseBytes(base64)
  if ('rejected' in bytes) return bytes
  const named = new Map<string, NamedProvider>()
  for (const [arn, account = '', name = ''] of Buffer.from(bytes).toString('latin1').matchAll(providerArn)) {
    if (named.has(arn)) continue
    if (named.size === most) return { named: [...named.values()], more: true }
    named.set(arn, { account, name })
  }
  return { named: [...named.values()], more: false }
}
