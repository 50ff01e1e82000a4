// Issuers that many tenants share, and how a trust policy must single one tenant out (IAM User Guide, "Identity-provider
// controls for shared OIDC providers"). Checked when a trust policy is written, and again when it is compiled: a policy that
// was stored under older rules opens nothing that could not be written today.
// DIVERGES: AWS refuses values that are nothing but wildcards, and only when a policy is written. Here the tenant must stand
// whole before the first wildcard (`repo:acme/*`, never `repo:*` or `repo:acme*`), and a stored policy without it admits
// nobody by that provider.
import { foldCase } from './casing.ts'
import { readOperator } from './conditions.ts'
import type { Json } from './document.ts'
import { elementStrings } from './grammar-shape.ts'

export const cognito = 'cognito-identity.amazonaws.com'

interface Tenancy {
  /** The claim, or a whole condition key. */
  readonly claim: string
  /** Whether a text that a pattern begins with names one tenant, to its end. Without it no wildcard is taken. */
  readonly names?: (head: string) => boolean
  /** Whether texts without wildcards must name a tenant as well: every tenant chooses what its subjects are made of. */
  readonly always?: true
}

const matches = (pattern: RegExp) => (head: string) => pattern.test(head)

/** A kind and a name, ended by a character that no name contains: `organization:acme:`, `project_path:acme/`. */
const subject: Tenancy = { claim: 'sub', names: matches(/^[a-z_]+:[^:/]+[:/]/) }
/** Of one namespace of a cluster. */
const serviceAccount: Tenancy = { claim: 'sub', names: matches(/^system:serviceaccount:[^:]+:/) }
/** Parts of a subject whose owner is GitHub's to say; an environment, a branch or an event may have any tenant's name. */
const github: Tenancy = {
  claim: 'sub',
  names: matches(
    /(?:^|:)(?:(?:repo|repository|job_workflow_ref|workflow_ref):[^/:]+\/|(?:repository_owner|repository_owner_id|repository_id|enterprise|enterprise_id):[^/:]+:)/,
  ),
  always: true,
}
/** For a claim that holds a tenant's name and nothing else. */
const whole = (claim: string): Tenancy => ({ claim })

const shared: ReadonlyMap<string, Tenancy> = new Map([
  [cognito, whole('aud')],
  ['token.actions.githubusercontent.com', github],
  ['vstoken.actions.githubusercontent.com', github],
  ['oidc-configuration.audit-log.githubusercontent.com', whole('sub')],
  ['gitlab.com', subject],
  ['agent.buildkite.com', subject],
  ['app.terraform.io', subject],
  ['oidc.codefresh.io', subject],
  ['studio.datachain.ai/api', subject],
  ['scalr.io', subject],
  ['tokens.cloud.shisho.dev', subject],
  ['proidc.upbound.io', subject],
  ['api.pulumi.com/oidc', whole('aud')],
  ['sandboxes.cloud', whole('aud')],
  ['oidc.vercel.com', whole('aud')],
  ['sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d', whole('sts:RoleSessionName')],
  // IBM Turbonomic, which moves from issuer to issuer.
  ['oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb', serviceAccount],
  ['oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu', serviceAccount],
  ['rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7', serviceAccount],
  ['rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr', serviceAccount],
  ['rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg', serviceAccount],
  ['rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26', serviceAccount],
])

/** Whether anybody can get a token of this issuer (without its scheme): a trust policy has to say whose tokens it accepts. */
export const isSharedIssuer = (issuer: string) => shared.has(foldCase(issuer))

/**
 * Operators that restrict the key to the values they list. Only `stringlike` reads wildcards in them, all of them variables.
 */
const narrowing: ReadonlySet<string> = new Set(['stringequals', 'stringequalsignorecase', 'stringlike'])

/** The part of an OIDC provider's ARN that is its issuer without the scheme. */
const issuerOf = (arn: string) => /^arn:[^:]*:iam::[^:]*:oidc-provider\/(.+)$/s.exec(arn)?.[1]

/** Whether a value of a condition names one tenant, whatever the request is. */
function namesTenant(value: string, { names, always }: Tenancy, wild: boolean): boolean {
  if (value === '' || value === '*') return false
  // A variable may be filled with what the token says of itself, so it ends what is certain.
  const end = value.search(wild || names === undefined ? /[*?]|\$\{/ : /\$\{/)
  if (end >= 0) return names?.(value.slice(0, end)) ?? false
  // There, a subject without parts belongs to nobody.
  return always === undefined || !value.includes(':') || names?.(`${value}:`) === true
}

/** Whether the condition holds only where `key` has one of listed values, each of which names a tenant. */
function narrows(condition: Json | undefined, key: string, tenancy: Tenancy): boolean {
  if (condition?.type !== 'object') return false
  for (const [operator, keys] of condition.members) {
    const { base, ifExists, quantifier } = readOperator(operator)
    // ForAllValues and IfExists hold when the claim is missing.
    if (!narrowing.has(base) || ifExists || quantifier === 'all' || keys.type !== 'object') continue
    for (const [name, value] of keys.members) {
      if (foldCase(name) !== key) continue
      const values = elementStrings(value)
      const wild = base === 'stringlike'
      if (values !== undefined && values.length > 0 && values.every((text) => namesTenant(text, tenancy, wild)))
        return true
    }
  }
  return false
}

/**
 * The condition key by which a statement that trusts a Federated principal must single out a tenant and does not. Undefined
 * where the provider is not shared, or the statement does.
 */
export function missingTenant(condition: Json | undefined, provider: string): string | undefined {
  const issuer = provider === cognito ? provider : issuerOf(provider)
  const tenancy = issuer === undefined ? undefined : shared.get(foldCase(issuer))
  if (issuer === undefined || tenancy === undefined) return undefined
  const key = tenancy.claim.includes(':') ? tenancy.claim : `${issuer}:${tenancy.claim}`
  return narrows(condition, foldCase(key), tenancy) ? undefined : key
}
