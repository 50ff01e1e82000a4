// Credentials for containers, as Amazon ECS gives them (AWS SDKs and Tools Reference Guide, "Container credential provider"): each
// workload has a token of its own, which says whose role it gets. The path says nothing: one that names another workload is refused.
import type { RenewedCredentials } from '../client/renewing.ts'
import { splitTarget } from '../core/http.ts'
import type { Exchange, Handler, Reply } from '../server/exchange.ts'
import type { Caller } from './callers.ts'
import { membersOf, servedOf } from './served.ts'

export interface Workload {
  readonly name: string
  readonly credentials: Pick<RenewedCredentials, 'current'>
}

export interface ContainerParts {
  /** The workload whose token that is now. */
  readonly workloadOf: (token: string) => Workload | undefined
  readonly callerOf: (exchange: Exchange) => Caller
  readonly clock: () => Date
}

/** What AWS_CONTAINER_CREDENTIALS_RELATIVE_URI has, and AWS_CONTAINER_CREDENTIALS_FULL_URI ends with; `/NAME` may follow. */
export const containerPath = '/v2/credentials'

export function containerHandler({ workloadOf, callerOf, clock }: ContainerParts): Handler {
  return (exchange) => {
    const caller = callerOf(exchange)
    if ('foreign' in caller) {
      return caller.foreign === 'repeated'
        ? refused(400, 'InvalidRequest', 'A header stands twice.')
        : refused(403, 'AccessDenied', 'This endpoint is for programs on this machine, at its own address.')
    }
    const { method, headers, target } = caller.message
    const { path } = splitTarget(target)
    const named = nameIn(path)
    // Clients that confuse the endpoints keep any answer to a PUT as their token for instance metadata.
    if (method !== 'GET') return refused(405, 'MethodNotAllowed', 'Credentials are read with GET.', ['Allow', 'GET'])
    if (named === undefined) return refused(404, 'NotFound', `Credentials are at ${containerPath}.`)
    const workload = workloadOf(headers.get('authorization') ?? '')
    if (workload === undefined)
      return refused(401, 'Unauthorized', 'The Authorization header has no token of a workload.')
    if (named !== '' && named !== workload.name)
      return refused(403, 'AccessDenied', 'The token in the Authorization header is another workload’s.')
    return give(workload, clock)
  }
}

async function give({ credentials }: Workload, clock: () => Date): Promise<Reply> {
  const served = await servedOf(credentials, clock)
  if (!('set' in served)) {
    return served.refused ? refused(403, 'AccessDenied', served.why) : refused(503, 'ServiceUnavailable', served.why)
  }
  const { roleArn, accountId } = served.set
  return json(200, { RoleArn: roleArn, ...membersOf(served.set), AccountId: accountId })
}

/** The workload's name in a path; '' where it names none, undefined where it is another path. */
function nameIn(path: string): string | undefined {
  if (path === containerPath || path === `${containerPath}/`) return ''
  if (!path.startsWith(`${containerPath}/`)) return undefined
  const name = path.slice(containerPath.length + 1)
  return name.includes('/') ? undefined : name
}

const refused = (status: number, code: string, message: string, headers: readonly string[] = []) =>
  json(status, { code, message }, headers)

const json = (status: number, body: object, headers: readonly string[] = []): Reply => ({
  status,
  headers: ['Content-Type', 'application/json', 'Cache-Control', 'no-store', ...headers],
  body: JSON.stringify(body),
})
