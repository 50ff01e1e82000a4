// Pools as tests of their owner's operations make and name them.
import type { Input, Sdk } from '../../../wire/operations.ts'
import type { Check } from '../../operation.ts'
import { ACCOUNT, oidcArn, openKit } from './pools-kit.ts'

export const on = await openKit()
export type CreateInput = Input<Sdk['cognito-identity'], 'CreateIdentityPool'>
export const create = (more: Partial<CreateInput> = {}, region = 'eu-west-1') =>
  on.run('CreateIdentityPool', { IdentityPoolName: 'app', AllowUnauthenticatedIdentities: false, ...more }, { region })
export const idIn = async (pool: ReturnType<typeof create>) => (await pool).IdentityPoolId ?? ''
export const arnOf = (id: string, account = ACCOUNT) =>
  `arn:aws:cognito-identity:${id.split(':')[0]}:${account}:identitypool/${id}`
export const roleArn = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:role/${name}`
export const noPool = (id: string) => `ResourceNotFoundException: IdentityPool '${id}' not found.`
export const checksOf = async (work: (see: (check: Check) => undefined) => Promise<unknown>) => {
  const seen: string[] = []
  await work((check) => void seen.push(`${check.action} ${check.resource}`) as undefined)
  return seen
}

/** With all that it may have. */
export const whole: Partial<CreateInput> = {
  AllowClassicFlow: true,
  DeveloperProviderName: 'login.my.app',
  SupportedLoginProviders: { 'graph.facebook.com': '1234' },
  OpenIdConnectProviderARNs: [oidcArn],
  SamlProviderARNs: [`arn:aws:iam::${ACCOUNT}:saml-provider/corp`],
  CognitoIdentityProviders: [
    { ProviderName: 'cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a', ClientId: 'c', ServerSideTokenCheck: true },
  ],
  IdentityPoolTags: { team: 'blue' },
}
