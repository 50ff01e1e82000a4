// Amazon Resource Names: `arn:partition:service:region:account:resource`. The sixth part is "the rest" and may hold
// further colons and slashes.

export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  readonly resource: string
}

/** Splits an ARN, or answers undefined when it does not begin with `arn:` or has fewer than six parts. */
export function parseArn(text: string): Arn | undefined {
  if (!text.startsWith('arn:')) return undefined
  const partition = text.indexOf(':', 4)
  const service = partition < 0 ? -1 : text.indexOf(':', partition + 1)
  const region = service < 0 ? -1 : text.indexOf(':', service + 1)
  const account = region < 0 ? -1 : text.indexOf(':', region + 1)
  if (account < 0 || account === text.length - 1) return undefined
  return {
    partition: text.slice(4, partition),
    service: text.slice(partition + 1, service),
    region: text.slice(service + 1, region),
    account: text.slice(region + 1, account),
    resource: text.slice(account + 1),
  }
}

export const accountRootArn = (account: string) => `arn:aws:iam::${account}:root`
export const userArn = (account: string, path: string, name: string) => `arn:aws:iam::${account}:user${path}${name}`
export const roleArn = (account: string, path: string, name: string) => `arn:aws:iam::${account}:role${path}${name}`
export const policyArn = (account: string, path: string, name: string) => `arn:aws:iam::${account}:policy${path}${name}`
export const instanceProfileArn = (account: string, path: string, name: string) =>
  `arn:aws:iam::${account}:instance-profile${path}${name}`
/** `url` is the issuer without its scheme. */
export const oidcProviderArn = (account: string, url: string) => `arn:aws:iam::${account}:oidc-provider/${url}`
/** `name` to the letter: lookups of providers do not fold case. */
export const samlProviderArn = (account: string, name: string) => `arn:aws:iam::${account}:saml-provider/${name}`
/** The role's path is dropped in a session's ARN; `aws:PrincipalArn` keeps it. */
export const assumedRoleArn = (account: string, role: string, session: string) =>
  `arn:aws:sts::${account}:assumed-role/${role}/${session}`
export const federatedUserArn = (account: string, name: string) => `arn:aws:sts::${account}:federated-user/${name}`

/** What stands after the last slash of an ARN or of its resource: a name without its path. */
export const nameInArn = (text: string) => text.slice(text.lastIndexOf('/') + 1)

/** A 12-digit account id. */
export const isAccountId = (text: string) => /^\d{12}$/.test(text)

/** Whether it is the ARN of a role of this account, to the letter. */
export const isRoleOf = (arn: string, account: string): boolean =>
  isAccountId(account) && arn.startsWith(`arn:aws:iam::${account}:role/`) && /^[\w+=,.@/-]+$/.test(arn.slice(31))
