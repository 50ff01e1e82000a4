// Which roles Example Corp's SAML provider gives to whom: roles of both accounts of the demonstration, and what each may do.
import { roleArn, samlProviderArn } from '../core/arn.ts'
import { engineering, production } from './demonstration.ts'
import { policyOf } from './roles.ts'

/** What it is called in both accounts. */
export const samlProviderName = 'example-corp'

export interface SamlRole {
  readonly account: string
  readonly name: string
  readonly description: string
  /** Names of people who have it. */
  readonly people: readonly string[]
  readonly policy: string
  /** What the trust policy asks for beside the audience. */
  readonly condition?: Readonly<Record<string, string>>
}

const everyRole = [engineering, production].map((account) => roleArn(account, '/', '*'))

export const samlRoles: readonly SamlRole[] = [
  {
    account: engineering,
    name: 'developer',
    description: 'Looks around, works with the data of one’s own team, and may switch to other roles.',
    people: ['alice', 'bob', 'carol'],
    policy: policyOf(
      { Action: ['iam:Get*', 'iam:List*', 'iam:Simulate*'], Resource: '*' },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy's variable
      { Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::example-data/${aws:PrincipalTag/team}/*' },
      { Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], Resource: everyRole },
    ),
  },
  {
    account: engineering,
    name: 'billing-reader',
    description: 'Reads costs and budgets.',
    people: ['bob', 'carol'],
    policy: policyOf({
      Action: ['billing:Get*', 'budgets:View*', 'ce:Describe*', 'ce:Get*', 'iam:ListAccountAliases'],
      Resource: '*',
    }),
  },
  {
    account: engineering,
    name: 'administrator',
    description: 'May do everything in this account.',
    people: ['carol'],
    policy: policyOf({ Action: '*', Resource: '*' }),
  },
  {
    account: production,
    name: 'operator',
    description: 'Keeps production running. For the platform team.',
    people: ['carol'],
    condition: { 'aws:RequestTag/team': 'platform' },
    policy: policyOf(
      { Action: ['iam:Get*', 'iam:List*'], Resource: '*' },
      { Action: ['cloudwatch:Get*', 'ecs:UpdateService', 'logs:Get*', 'logs:Describe*'], Resource: '*' },
    ),
  },
]

/** Values of the Role attribute for a person. */
export const rolePairsOf = (person: string): readonly string[] =>
  samlRoles
    .filter(({ people }) => people.includes(person))
    .map(({ account, name }) => `${roleArn(account, '/', name)},${samlProviderArn(account, samlProviderName)}`)
