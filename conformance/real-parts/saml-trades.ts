// A response of a provider, as tools take it from the provider's page (saml2aws and aws-azure-login post nothing to AWS's sign-in
// page), and traded by AWS's stock clients.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AssumeRoleWithSAMLCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { Page } from 'playwright-core'
import { keysOf } from '../clients/people.ts'
import { nobody } from '../clients/server.ts'
import { environmentOf, run } from './real.ts'
import type { Served } from './served.ts'

export interface Trade {
  readonly role: string
  readonly provider: string
  /** Base64, as it was posted. */
  readonly response: string
}

export interface Traded {
  /** Who one is by the credentials. */
  readonly arn: string
  readonly Subject: string
  readonly SubjectType: string
  readonly Issuer: string
  readonly Audience: string
  /** Empty when there is none. */
  readonly SourceIdentity: string
}

/** What a browser posts to the address when `signIn` is through; the address itself is not asked. */
export async function taken(page: Page, address: string, signIn: () => Promise<unknown>): Promise<URLSearchParams> {
  await page.route(address, (route) => route.fulfill({ contentType: 'text/plain', body: 'taken' }))
  const posted = page.waitForRequest((request) => request.url() === address && request.method() === 'POST')
  await signIn()
  const fields = new URLSearchParams((await posted).postData() ?? '')
  await page.unroute(address)
  return fields
}

/** Each of AWS's clients, by name. */
export const traders = {
  async 'the SDK for JavaScript'(server: Served, { role, provider, response }: Trade) {
    const command = new AssumeRoleWithSAMLCommand({ RoleArn: role, PrincipalArn: provider, SAMLAssertion: response })
    const { Credentials, ...said } = await server.as(nobody).sts.send(command)
    const { Arn = '' } = await server.as(keysOf(Credentials)).sts.send(new GetCallerIdentityCommand({}))
    return tradedOf(Arn, said)
  },

  async boto3(server: Served, trade: Trade, home: string) {
    const script = fileURLToPath(new URL('saml_trade.py', import.meta.url))
    const { out, err } = await run('python3', [script], environment(server, home), JSON.stringify(trade))
    assert.equal(err, '')
    const { arn, ...said } = JSON.parse(out)
    return tradedOf(arn, said)
  },

  async 'the AWS CLI'(server: Served, { role, provider, response }: Trade, home: string) {
    const file = join(home, 'response')
    writeFileSync(file, response)
    const aws = async (env: Record<string, string>, ...args: string[]) => {
      const { code, out, err } = await run('aws', ['sts', ...args, '--output', 'json'], env)
      assert.equal(code, 0, err)
      return JSON.parse(out)
    }
    const named = ['--role-arn', role, '--principal-arn', provider, '--saml-assertion', `file://${file}`]
    const { Credentials, ...said } = await aws(environment(server, home), 'assume-role-with-saml', ...named)
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = Credentials
    const keys = { accessKeyId, secretAccessKey, sessionToken }
    return tradedOf((await aws(environment(server, home, keys), 'get-caller-identity')).Arn, said)
  },
} satisfies Readonly<Record<string, (server: Served, trade: Trade, home: string) => Promise<Traded>>>

/** The environment of a program that believes the server's certificate. */
const environment = (server: Served, home: string, keys?: Parameters<typeof environmentOf>[2]) => ({
  ...environmentOf(server.url, home, keys),
  AWS_CA_BUNDLE: server.ca,
})

function tradedOf(arn: string, said: Readonly<Partial<Record<keyof Traded, string | null | undefined>>>): Traded {
  const text = (name: keyof Traded) => said[name] ?? ''
  return {
    ...{ arn, Subject: text('Subject'), SubjectType: text('SubjectType'), Issuer: text('Issuer') },
    ...{ Audience: text('Audience'), SourceIdentity: text('SourceIdentity') },
  }
}
