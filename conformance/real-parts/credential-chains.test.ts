// The default credential chains of three SDKs, which get credentials and endpoint only from the environment and the shared
// config file. A chain that calls STS by itself must call Hallpass too: for that the SDK for Go takes only
// AWS_ENDPOINT_URL_STS or a `services` section.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newKey, signToken } from '../../src/federation/testing/idp.ts'
import { folder } from '../clients/folder.ts'
import { allow, person, role, trusts } from '../clients/people.ts'
import { register, testIdp, trusting } from '../clients/web-identity-servers.ts'
import { describeWith } from './part.ts'
import { type Ended, environmentOf, runProgram } from './real.ts'
import { account, serve } from './served.ts'

const home = folder()
const tokenFile = join(home, 'token')
const audience = 'sts.amazonaws.com'

mkdirSync(join(home, '.aws'))
const key = await newKey()
const idp = await testIdp({ keys: [key] })
const server = await serve({ providers: [{ issuer: idp.issuer }] })
const admin = server.as(server.root)
const provider = await register(admin, idp.issuer, [audience])
const condition = { StringEquals: { [`${idp.issuer.slice('https://'.length)}:aud`]: audience } }
const federated = await role(admin, 'federated', trusting(provider, condition), { permissions: allow('iam:ListRoles') })
await role(admin, 'reader', trusts(account), { permissions: allow('iam:ListRoles') })
await role(admin, 'powerless', trusts(account))
const user = (await person(admin, 'ann', allow(['sts:AssumeRole', 'iam:ListRoles']))).keys
writeConfig()

/** As the guide has it: profiles name their endpoint, and a `services` section those that the chain itself calls. */
function writeConfig() {
  const assuming = (name: string) => `
[profile ${name}]
role_arn = arn:aws:iam::${account}:role/${name}
role_session_name = chain
source_profile = source
region = us-east-1
endpoint_url = ${server.url}
services = hallpass
`
  const source = `
[profile source]
aws_access_key_id = ${user.accessKeyId}
aws_secret_access_key = ${user.secretAccessKey}
region = us-east-1
endpoint_url = ${server.url}
services = hallpass

[services hallpass]
sts =
  endpoint_url = ${server.url}
`
  writeFileSync(join(home, '.aws', 'config'), assuming('reader') + assuming('powerless') + source, { mode: 0o600 })
}

/** The environment of a program whose home has the config file, which alone sets the endpoint. */
function profiled(profile: string): Record<string, string> {
  const { AWS_ENDPOINT_URL: _, ...bare } = environmentOf(server.url, home)
  return { ...bare, AWS_PROFILE: profile }
}

interface Told {
  readonly Arn?: string
  readonly Roles?: readonly string[]
  readonly Code?: string
  readonly Message?: string
}
type Ask = (env: Record<string, string>) => Promise<Told>

const arnOf = (name: string) => `arn:aws:sts::${account}:assumed-role/${name}/chain`

/** What each SDK's chain must do. */
function chains(ask: Ask) {
  test('keys in the environment, at AWS_ENDPOINT_URL', async () => {
    const { Arn, Roles } = await ask(environmentOf(server.url, home, user))
    assert.equal(Arn, `arn:aws:iam::${account}:user/ann`)
    assert.ok(Roles?.includes('reader'))
  })

  test('a profile assumes a role, at the endpoints of the config file', async () => {
    const { Arn, Roles } = await ask(profiled('reader'))
    assert.equal(Arn, arnOf('reader'))
    assert.ok(Roles?.includes('reader'))
  })

  test('a refusal carries its code and says who may not do what', async () => {
    const { Code, Message } = await ask(profiled('powerless'))
    assert.equal(Code, 'AccessDenied')
    assert.match(Message ?? '', /assumed-role\/powerless\/chain is not authorized to perform: iam:ListRoles/)
  })

  test('a token file that ends in a newline is traded for a role, at AWS_ENDPOINT_URL_STS', async () => {
    const token = await signToken(idp.issuer, key, new Date(), { claims: { aud: audience, sub: 'job' } })
    writeFileSync(tokenFile, `${token}\n`)
    const { Arn, Roles } = await ask({
      ...environmentOf(server.url, home),
      AWS_ENDPOINT_URL_STS: server.url,
      AWS_ROLE_ARN: federated,
      AWS_ROLE_SESSION_NAME: 'chain',
      AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
    })
    assert.equal(Arn, arnOf('federated'))
    assert.ok(Roles?.includes('federated'))
  })
}

function lineOf({ code, out, err }: Ended): Told {
  assert.equal(code, 0, err)
  return JSON.parse(out)
}

describeWith('GO_PROGRAM', 'a program on the AWS SDK for Go', (path) =>
  chains(async (env) => lineOf(await runProgram(path, [], env))),
)

describeWith('JAVA_PROGRAM', 'a program on the AWS SDK for Java', (path) =>
  chains(async (env) =>
    lineOf(
      await runProgram('java', ['-XX:TieredStopAtLevel=1', '-cp', path, 'Program'], {
        ...env,
        AWS_REGION: 'us-east-1',
      }),
    ),
  ),
)

describeWith('AWS_CLI_V2', 'the AWS CLI 2', (path) => {
  const aws = (env: Record<string, string>, ...args: string[]) => runProgram(path, [...args, '--output', 'json'], env)
  test('is one', async () => assert.match((await aws({}, '--version')).out, /^aws-cli\/2\./))

  chains(async (env) => {
    const who = await aws(env, 'sts', 'get-caller-identity')
    assert.equal(who.code, 0, who.err)
    const listed = await aws(env, 'iam', 'list-roles')
    const refused = /error occurred \((\w+)\).*?: ([^\n]*)/s.exec(listed.err)
    if (listed.code !== 0) return { Code: refused?.[1] ?? listed.err, Message: refused?.[2] ?? '' }
    const { Roles }: { Roles: { RoleName: string }[] } = JSON.parse(listed.out)
    return { Arn: JSON.parse(who.out).Arn, Roles: Roles.map(({ RoleName }) => RoleName) }
  })
})
