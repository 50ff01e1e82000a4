// npm run bench -- --certificates: what CreateSession costs beside AssumeRoleWithWebIdentity: one server, in turn, the path of the certificate
// known from the request before.
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { type Sent, send } from '../conformance/clients/raw.ts'
import { sessionRequest } from '../conformance/clients/session-request.ts'
import { Secret } from '../src/core/secret.ts'
import { signRequest } from '../src/core/sigv4/sign.ts'
import { ecKeys, type Keys, rootAuthority, rsaKeys } from '../src/federation/x509/testing/authority.ts'
import { makeFederation, makeProvider } from './federation.ts'
import { median, spread, table } from './print.ts'
import { Child, form, type Hallpass, measureRoute, plain, type Route } from './servers.ts'

const account = '111122223333'

export interface CertificatePlan {
  readonly rounds: number
  readonly ms: number
  readonly warmMs: number
}

export async function measureCertificates(plan: CertificatePlan, say: (line: string) => void): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'hallpass-bench-'))
  const folder = join(data, 'bench')
  mkdirSync(folder, { recursive: true })
  const provider = makeProvider(folder, account)
  const [server, hallpass] = await Child.start<Hallpass>('targets/hallpass.ts', [data, provider.providersFile])
  const [load] = await Child.start('load.ts')
  const { port, root } = hallpass
  const federation = await makeFederation({ url: `http://127.0.0.1:${port}`, account, ...root }, provider)
  const session = await makeTrust(hallpass)
  const webIdentity = await federation.webIdentity('ES256')
  const requests: Readonly<Record<string, () => string>> = {
    'AssumeRoleWithWebIdentity, ES256': () => plain(port, form, webIdentity),
    'CreateSession, P-256': session(ecKeys()),
    'CreateSession, P-256, by an intermediate': session(ecKeys(), true),
    'CreateSession, RSA of 2048 bits': session(rsaKeys()),
  }
  const routes: readonly Route[] = Object.entries(requests).map(([name, request]) => ({
    ...{ name, child: server, port, requests: () => [request()] },
  }))
  const costs = new Map<string, number[]>(routes.map(({ name }) => [name, []]))
  for (const route of routes) await measureRoute(route, load, { connections: 64, ms: plan.warmMs })
  for (let round = 1; round <= plan.rounds; round++) {
    say(`round ${round} of ${plan.rounds} …`)
    for (const route of routes) {
      const { cpu } = await measureRoute(route, load, { connections: 64, ms: plan.ms })
      costs.get(route.name)?.push(cpu)
    }
  }
  const base = costs.get('AssumeRoleWithWebIdentity, ES256') ?? []
  const rows = [...costs].map(([name, cpu]) => {
    const ratios = cpu.map((cost, round) => cost / (base[round] ?? Number.NaN))
    return [name, median(cpu).toFixed(1), spread(cpu), median(ratios).toFixed(2), spread(ratios, 2)]
  })
  say(`\n${table(['route', 'CPU µs/request', 'min–max', '× web identity', 'min–max'], rows)}`)
  for (const child of [server, load]) child.process.kill()
  rmSync(data, { recursive: true, force: true })
}

/** Makes role, trust anchor and profile; answers the makers of requests by a certificate of that key. */
async function makeTrust({ port, root: admin }: Hallpass) {
  const config = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials: admin }
  const trust = {
    ...{ Effect: 'Allow', Principal: { Service: 'rolesanywhere.amazonaws.com' } },
    Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
  }
  const { Role } = await new IAMClient(config).send(
    new CreateRoleCommand({
      RoleName: 'Certificates',
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
    }),
  )
  const roleArn = Role?.Arn ?? ''
  const root = rootAuthority({ subject: ['O=Example', 'CN=Root'] })
  const issuing = root.authority({ subject: ['O=Example', 'CN=Issuing'] })
  const source = { sourceType: 'CERTIFICATE_BUNDLE', sourceData: { x509CertificateData: root.pem } }
  const { trustAnchor } = await made(port, admin, '/trustanchors', { name: 'bench', enabled: true, source })
  const { profile } = await made(port, admin, '/profiles', { name: 'bench', enabled: true, roleArns: [roleArn] })
  const to = { anchorArn: trustAnchor?.trustAnchorArn ?? '', profileArn: profile?.profileArn ?? '', roleArn, port }
  return (keys: Keys, isBelow = false) => {
    const by = (isBelow ? issuing : root).issue({ subject: ['O=Example', 'CN=bench'], keys })
    const chain = isBelow ? [issuing] : []
    return () => textOf(sessionRequest({ ...to, now: new Date() }, { by, chain }))
  }
}

interface Made {
  readonly trustAnchor?: { readonly trustAnchorArn: string }
  readonly profile?: { readonly profileArn: string }
}

async function made(port: number, admin: Hallpass['root'], target: string, input: object): Promise<Made> {
  const body = JSON.stringify(input)
  const headers = new Map([
    ['host', `127.0.0.1:${port}`],
    ['content-type', 'application/json'],
  ])
  const signer = { accessKeyId: admin.accessKeyId, secret: new Secret(admin.secretAccessKey), now: new Date() }
  const { headers: signed } = signRequest(
    { method: 'POST', target, headers },
    { ...signer, region: 'us-east-1', service: 'rolesanywhere' },
    hash('sha256', body, 'hex'),
  )
  const { status, text } = await send(port, { method: 'POST', target, headers: [...signed].flat(), body })
  if (status !== 201) throw new Error(`${target}: ${status} ${text}`)
  return JSON.parse(text) as Made
}

/** The whole request in base64, as the load generator sends it. */
function textOf({ method, target, headers, body }: Sent): string {
  const lines = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []))
  const head = [`${method} ${target} HTTP/1.1`, ...lines, `content-length: ${Buffer.byteLength(body)}`]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`).toString('base64')
}
