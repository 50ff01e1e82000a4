// The instance metadata service of one role (Amazon EC2 User Guide, "Use IMDS"; version 2 of it unless the operator allows version 1).
//
// SDKs conclude from a status: 401 leads them to a token, while 403, 404 and 405 on the token's path, and silence, lead a process to
// version 1 for good. So whoever may ask at all gets 401 for whatever a token is missing from, and never one of those.
import type { SourceCredentials } from '../client/credential-source.ts'
import type { RenewedCredentials } from '../client/renewing.ts'
import { splitTarget } from '../core/http.ts'
import { isoSeconds } from '../core/time.ts'
import type { Exchange, Handler, Reply } from '../server/exchange.ts'
import type { Caller, Foreign } from './callers.ts'
import { bare, page, text } from './imds-reply.ts'
import { imdsTokens, longestTtl } from './imds-tokens.ts'
import { type InstanceFacts, listing, nodeAt, prettyJson, treeOf } from './instance.ts'
import { membersOf, servedOf } from './served.ts'

export interface ImdsParts {
  readonly credentials: Pick<RenewedCredentials, 'current'>
  /** Those for requests without a token: sessions say which way they were given (ec2:RoleDelivery). Absent: none are. */
  readonly credentialsOfV1?: Pick<RenewedCredentials, 'current'> | undefined
  readonly facts: () => InstanceFacts
  readonly callerOf: (exchange: Exchange) => Caller
  readonly clock: () => Date
  /** Random bytes. */
  readonly random: (bytes: number) => Buffer
  /** Gets each request without a token. */
  readonly onV1?: () => void
}

type Credentials = ImdsParts['credentials']

const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds'
const tokenHeader = 'x-aws-ec2-metadata-token'
const ttlName = 'X-Aws-Ec2-Metadata-Token-Ttl-Seconds'
const tokenPath = '/latest/api/token'

const foreignStatus: Readonly<Record<Foreign, number>> = { repeated: 400, host: 400, peer: 403, forwarded: 403 }

/** The versions of the service that clients name in paths; all mean the same here. */
const version = /^(?:latest|1\.0|20\d\d-\d\d-\d\d)$/

export function imdsHandler(parts: ImdsParts): Handler {
  const { clock, callerOf, credentials, credentialsOfV1, onV1 = () => {} } = parts
  const tokens = imdsTokens(parts.random)
  const read = readerOf(parts)
  return (exchange) => {
    const caller = callerOf(exchange)
    if ('foreign' in caller) return page(foreignStatus[caller.foreign])
    const { method, headers, target } = caller.message
    const { path } = splitTarget(target)
    if (path === tokenPath) return tokenReply(method, headers.get(ttlHeader))
    const token = headers.get(tokenHeader)
    const left = token === undefined ? undefined : tokens.left(token, clock())
    if (token === undefined) onV1()
    const given = token === undefined ? credentialsOfV1 : left === undefined ? undefined : credentials
    if (given === undefined) return page(401)
    if (method !== 'GET' && method !== 'HEAD') return bare(405, ['Allow', 'OPTIONS, GET, HEAD'])
    return read(path, given, left === undefined ? [] : [ttlName, String(left)])
  }

  function tokenReply(method: string, asked: string | undefined): Reply {
    if (method !== 'PUT') return bare(method === 'OPTIONS' ? 200 : 405, ['Allow', 'OPTIONS, PUT'])
    const ttl = asked !== undefined && /^\d{1,5}$/.test(asked) ? Number(asked) : 0
    if (ttl < 1 || ttl > longestTtl) return page(400, 'Missing or Invalid Parameters')
    return text(tokens.issue(ttl, clock()), [ttlName, String(ttl)])
  }
}

/** What stands under a path, for somebody who may read. */
function readerOf({ facts, clock }: ImdsParts) {
  const began = new Date(Math.floor(clock().getTime() / 1000) * 1000).toUTCString()
  // A set is shown as it was when it was first served.
  const shown = new WeakMap<SourceCredentials, string>()
  const since = (set: SourceCredentials) => {
    const at = shown.get(set) ?? isoSeconds(clock())
    shown.set(set, at)
    return at
  }

  return async (path: string, credentials: Credentials, ttl: readonly string[]): Promise<Reply> => {
    const names = namesOf(path)
    if (names === undefined) return page(404)
    const headers = ['Last-Modified', began, ...ttl]
    const [area, category, ...rest] = names
    if (area === 'meta-data' && category === 'iam') return iam(rest, credentials, headers)
    const node = nodeAt(treeOf(facts()), names)
    if (node === undefined || node === '') return page(404)
    if (typeof node === 'string') return text(node, headers)
    const list = listing(node)
    // The role's folder stands among the others, but is no part of what is known beforehand.
    return text(names.length === 1 && area === 'meta-data' ? withIam(list) : list, headers)
  }

  async function iam(
    [kind, role, ...more]: readonly string[],
    credentials: Credentials,
    headers: readonly string[],
  ): Promise<Reply> {
    if (kind === undefined) return text('info\nsecurity-credentials/', headers)
    const isExtended = kind === 'security-credentials-extended'
    const isCredentials = isExtended || kind === 'security-credentials'
    if (more.length > 0 || !(isCredentials || (kind === 'info' && role === undefined))) return page(404)
    const served = await servedOf(credentials, clock)
    if (kind === 'info') {
      if (!('set' in served)) return served.refused ? failure(served.why, headers) : page(503)
      const { arn, id } = served.set.instanceProfile ?? {}
      if (arn === undefined) return page(404)
      const times = { Code: 'Success', LastUpdated: since(served.set) }
      return text(prettyJson({ ...times, InstanceProfileArn: arn, InstanceProfileId: id }), headers)
    }
    // Nobody knows a role that was never given: its name comes with its credentials.
    if (!('set' in served)) {
      if (!served.refused) return page(503)
      return role === undefined ? page(404) : failure(served.why, headers)
    }
    const name = roleNameOf(served.set)
    if (role === undefined) return text(name, headers)
    if (role !== name) return page(404)
    return text(
      prettyJson({
        ...{ Code: 'Success', LastUpdated: since(served.set), Type: 'AWS-HMAC' },
        ...membersOf(served.set),
        ...(isExtended ? { AccountId: accountOf(served.set) } : {}),
      }),
      headers,
    )
  }

  /** What AWS answers when it may not assume the role, with status 200. */
  function failure(why: string, headers: readonly string[]): Reply {
    const now = isoSeconds(clock())
    return text(prettyJson({ Code: 'AssumeRoleUnauthorizedAccess', Message: why, LastUpdated: now }), headers)
  }
}

const withIam = (list: string) => [...list.split('\n').filter(Boolean), 'iam/'].sort().join('\n')

/** The names of a path below its version; a last slash means nothing. Undefined: it cannot be one. */
function namesOf(path: string): readonly string[] | undefined {
  const [, first = '', ...rest] = path.replace(/\/$/, '').split('/')
  if (!version.test(first)) return undefined
  try {
    return rest.map((name) => decodeURIComponent(name))
  } catch {
    return undefined
  }
}

const roleNameOf = ({ roleArn }: SourceCredentials) => roleArn?.split('/').at(-1) ?? 'role'
const accountOf = ({ accountId, roleArn }: SourceCredentials) => accountId ?? roleArn?.split(':')[4]
