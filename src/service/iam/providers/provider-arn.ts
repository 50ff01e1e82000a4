// The ARN of an identity provider, as the operations of both kinds take it apart.
import { isAccountId, parseArn } from '../../../core/arn.ts'
import { malformedArn } from '../../principals/refusals.ts'

/** Account and name of a provider's ARN. Of a name nothing is checked but that there is one. @throws ValidationError */
export function providerArnOf(text: string, kind: 'oidc-provider' | 'saml-provider') {
  const arn = parseArn(text)
  const prefix = `${kind}/`
  const isOne = arn?.partition === 'aws' && arn.service === 'iam' && arn.region === '' && isAccountId(arn.account)
  if (!isOne || !arn.resource.startsWith(prefix) || arn.resource === prefix) throw malformedArn()
  return { account: arn.account, name: arn.resource.slice(prefix.length) }
}
